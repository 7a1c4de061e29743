package io.peft4j.lora;

import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TargetModules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One LoRA made of several with weights wᵢ: of their updates Δᵢ = sᵢ·Bᵢ·Aᵢ, layer by layer, in double precision.
 *
 * <pre>
 * concatenated   A = rows wᵢsᵢ·Aᵢ, B = columns Bᵢ: exactly Σ wᵢ·Δᵢ, of rank Σ rᵢ
 * compressed     the nearest update of a given rank to Σ wᵢ·Δᵢ, or to what a rule makes of the Δᵢ
 * mixed          A = rule(±√|wᵢsᵢ|·Aᵢ), B = rule(√|wᵢsᵢ|·Bᵢ): what PEFT calls linear; no weighted sum of updates
 * </pre>
 *
 * <p>Weights may be negative, which subtracts. Adapters may have different targets, ranks and scalings, except that mixing
 * needs equal ranks. The result has the scaling 1. Adapters with a head of their own have no weighted sum: they are refused.
 */
public final class LoraCombination {

    /**
     * A combined adapter, and how far it is from the exact sum.
     *
     * @param adapter what was made; whoever asked for it closes it
     * @param relativeError √Σ‖Δ − Δ′‖² / √Σ‖Δ‖² over all layers
     */
    public record Compressed(Adapter adapter, double relativeError) {}

    private record Part(Map<String, LoraFactors> factors, double weight) {}

    private final BaseModel base;
    private final List<Part> parts = new ArrayList<>();

    private LoraCombination(BaseModel base) {
        this.base = base;
    }

    /** Starts without adapters. */
    public static LoraCombination over(BaseModel base) {
        return new LoraCombination(base);
    }

    /**
     * Adds an adapter.
     *
     * @param weight any number; a negative one subtracts
     * @throws IllegalArgumentException if the adapter is more than low-rank updates
     */
    public LoraCombination add(Adapter adapter, double weight) {
        Settings.check(Double.isFinite(weight), "a weight must be finite: %s", weight);
        parts.add(new Part(LoraFactors.of(adapter), weight));
        return this;
    }

    /** Returns the exact weighted sum, of rank Σ rᵢ. */
    public Adapter concatenated() {
        return build(layers(LoraCombination::concatenate));
    }

    /** Returns the nearest LoRA of a rank to the weighted sum, which is not formed. */
    public Compressed compressed(int rank) {
        Settings.check(rank > 0, "rank must be positive: %d", rank);
        return compress(rank, terms -> {
            LoraFactors sum = concatenate(terms);
            return Decompositions.svdOfProduct(sum.b(), sum.a());
        });
    }

    /** Returns the nearest LoRA of a rank to what a rule makes of the updates. */
    public Compressed compressed(int rank, MergeRule rule) {
        Settings.check(rank > 0, "rank must be positive: %d", rank);
        return compress(
                rank,
                terms -> Decompositions.svd(merge(
                        rule,
                        terms.stream().map(term -> term.factors().delta()).toList(),
                        weights(terms, Term::weight))));
    }

    /**
     * Returns what a rule makes of the factors A and of the factors B, each by themselves.
     *
     * @throws IllegalArgumentException if ranks differ
     */
    public Adapter mixed(MergeRule rule) {
        return build(layers(terms -> {
            Settings.check(
                    terms.stream().map(term -> term.factors().rank()).distinct().count() == 1,
                    "factors of ranks %s cannot be mixed; concatenate or compress instead",
                    terms.stream().map(term -> term.factors().rank()).toList());
            INDArray a = merge(
                    rule,
                    terms.stream().map(term -> term.factors().a()).toList(),
                    weights(terms, term -> Math.signum(term.strength()) * Math.sqrt(Math.abs(term.strength()))));
            INDArray b = merge(
                    rule,
                    terms.stream().map(term -> term.factors().b()).toList(),
                    weights(terms, term -> Math.sqrt(Math.abs(term.strength()))));
            return new LoraFactors(a, b, 1);
        }));
    }

    /** One adapter's part in a layer. */
    private record Term(LoraFactors factors, double weight) {
        double strength() {
            return weight * factors.scaling();
        }
    }

    private Compressed compress(int rank, Function<List<Term>, Decompositions.Svd> decompose) {
        double[] squares = new double[2];
        Map<String, LoraFactors> layers = layers(terms -> {
            Decompositions.Svd whole = decompose.apply(terms);
            squares[0] += Math.pow(whole.tail(rank), 2);
            squares[1] += Math.pow(whole.tail(0), 2);
            Decompositions.Svd kept = whole.truncated(rank);
            return new LoraFactors(kept.vt(), kept.scaledU(), 1);
        });
        return new Compressed(build(layers), squares[1] == 0 ? 0 : Math.sqrt(squares[0] / squares[1]));
    }

    private Map<String, LoraFactors> layers(Function<List<Term>, LoraFactors> combine) {
        if (parts.isEmpty()) {
            throw new IllegalStateException("nothing to combine: add adapters first");
        }
        Set<String> paths = new TreeSet<>();
        parts.forEach(part -> paths.addAll(part.factors().keySet()));
        Map<String, LoraFactors> layers = new TreeMap<>();
        for (String path : paths) {
            List<Term> terms = new ArrayList<>();
            for (Part part : parts) {
                LoraFactors factors = part.factors().get(path);
                if (factors != null) {
                    terms.add(new Term(factors, part.weight()));
                }
            }
            layers.put(path, combine.apply(terms));
        }
        return layers;
    }

    private static LoraFactors concatenate(List<Term> terms) {
        INDArray a = Nd4j.vstack(terms.stream()
                .map(term -> term.factors().a().mul(term.strength()))
                .toList());
        return new LoraFactors(
                a, Nd4j.hstack(terms.stream().map(term -> term.factors().b()).toList()), 1);
    }

    private static double[] weights(List<Term> terms, java.util.function.ToDoubleFunction<Term> weight) {
        return terms.stream().mapToDouble(weight).toArray();
    }

    private static INDArray merge(MergeRule rule, List<INDArray> matrices, double[] weights) {
        List<double[]> flat =
                matrices.stream().map(m -> m.dup('c').data().asDouble()).toList();
        return Nd4j.create(rule.merge(flat, weights), matrices.get(0).shape(), DataType.DOUBLE);
    }

    /** Makes the adapter: alpha equals the rank everywhere, so that the scaling is 1. */
    private Adapter build(Map<String, LoraFactors> layers) {
        int rank = layers.values().stream().mapToInt(LoraFactors::rank).max().orElseThrow();
        Map<String, Integer> ranks = new TreeMap<>();
        Map<String, Double> alphas = new TreeMap<>();
        layers.forEach((path, factors) -> {
            if (factors.rank() != rank) {
                ranks.put(path, factors.rank());
                alphas.put(path, (double) factors.rank());
            }
        });
        LoraConfig config = LoraConfig.builder(TargetModules.of(List.copyOf(layers.keySet())))
                .rank(rank)
                .alpha(rank)
                .patterns(ranks, alphas)
                .build();
        Adapter adapter = Adapter.restore(base, Adapter.DEFAULT_NAME, config, config.modulesToSave());
        layers.forEach((path, factors) -> factors.write(adapter, path));
        return adapter;
    }
}
