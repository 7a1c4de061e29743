package io.peft4j.lora;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.train.Batch;
import io.peft4j.train.TrainingStep;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Ranks for layers from the singular values of what they would learn: the gradient at the start, or a trained update.
 *
 * <pre>
 * one more rank of a layer gains Sᵣ₊₁² and costs in + out parameters; the best gain for its cost comes first
 * </pre>
 *
 * @param ranks by the path of the layer, at least 1 each
 * @param parameters what they cost together
 * @param shares of the squares of all singular values, by the path of the layer
 * @param kept Σ of the squares of the kept singular values as a share of all
 * @param keptUniformly that of one rank for all layers at the same cost
 */
public record RankAdvice(
        SortedMap<String, Integer> ranks,
        long parameters,
        SortedMap<String, Double> shares,
        double kept,
        double keptUniformly) {

    /** What is known of a layer. */
    private record Layer(String path, long cost, List<Double> squares) {}

    public RankAdvice {
        ranks = new TreeMap<>(ranks);
        shares = new TreeMap<>(shares);
    }

    /**
     * Advises from the gradient of the weights of the targets, all layers as they are, summed over some batches.
     *
     * @param config the targets; its rank for all layers is the budget
     */
    public static RankAdvice ofGradient(BaseModel base, LoraConfig config, List<Batch> batches) {
        Map<String, AttachmentPoint> points = points(base, config);
        List<Layer> layers;
        try (Adapter all = Adapter.create(base, new FullFineTuning(), 0);
                TrainingStep step = new TrainingStep(base, all, 0, Double.POSITIVE_INFINITY)) {
            step.accumulate(batches, 0);
            ParameterBuffer gradients = step.gradients();
            layers = points.values().stream()
                    .map(point -> layer(
                            point, Decompositions.svd(HostMatrices.read(gradients.get(point.path() + ".weight")))))
                    .toList();
        }
        return of(layers, config.rank());
    }

    /**
     * Advises from what a LoRA has learned.
     *
     * @param rank that of all layers which is the budget
     */
    public static RankAdvice ofUpdate(BaseModel base, Adapter trained, int rank) {
        Map<String, LoraFactors> factors = LoraFactors.of(trained);
        List<Layer> layers = base.attachmentPoints().stream()
                .filter(point -> point.kind() == AttachmentPoint.Kind.LINEAR && factors.containsKey(point.path()))
                .map(point -> {
                    LoraFactors own = Objects.requireNonNull(factors.get(point.path()));
                    return layer(point, Decompositions.svdOfProduct(own.b().mul(own.scaling()), own.a()));
                })
                .toList();
        return of(layers, rank);
    }

    /** Returns settings with these ranks, in which every layer keeps its scaling. */
    public LoraConfig applyTo(LoraConfig config) {
        Map<String, Integer> otherRanks = new TreeMap<>();
        Map<String, Double> alphas = new TreeMap<>();
        double perRank = config.alpha() / config.rank();
        ranks.forEach((path, rank) -> {
            if (rank != config.rank()) {
                otherRanks.put(path, rank);
                alphas.put(path, perRank * rank);
            }
        });
        return config.toBuilder().patterns(otherRanks, alphas).build();
    }

    private static Map<String, AttachmentPoint> points(BaseModel base, LoraConfig config) {
        return LowRankTargets.linears(
                config.targetModules(), base, LoraPatterns.NONE, ExcessRank.REFUSED.check(path -> config.rank()));
    }

    private static Layer layer(AttachmentPoint point, Decompositions.Svd svd) {
        List<Double> squares =
                Arrays.stream(svd.values()).map(value -> value * value).boxed().toList();
        return new Layer(point.path(), point.in() + point.out(), squares);
    }

    private static RankAdvice of(List<Layer> layers, int uniform) {
        Settings.check(uniform > 0, "rank must be positive: %d", uniform);
        long budget = layers.stream().mapToLong(layer -> uniform * layer.cost()).sum();
        SortedMap<String, Integer> ranks = new TreeMap<>();
        PriorityQueue<Layer> next = new PriorityQueue<>((a, b) -> Double.compare(gain(b, ranks), gain(a, ranks)));
        long spent = 0;
        for (Layer layer : layers) {
            ranks.put(layer.path(), 1);
            spent += layer.cost();
            next.add(layer);
        }
        while (!next.isEmpty()) {
            Layer best = next.remove();
            int rank = ranks.getOrDefault(best.path(), 1);
            if (rank < best.squares().size() && spent + best.cost() <= budget) {
                ranks.put(best.path(), rank + 1);
                spent += best.cost();
                next.add(best);
            }
        }
        double all = layers.stream()
                .mapToDouble(layer -> sum(layer, Integer.MAX_VALUE))
                .sum();
        SortedMap<String, Double> shares = new TreeMap<>();
        layers.forEach(layer -> shares.put(layer.path(), all == 0 ? 0 : sum(layer, Integer.MAX_VALUE) / all));
        double kept = layers.stream()
                .mapToDouble(layer -> sum(layer, ranks.getOrDefault(layer.path(), 1)))
                .sum();
        double uniformly =
                layers.stream().mapToDouble(layer -> sum(layer, uniform)).sum();
        return new RankAdvice(ranks, spent, shares, all == 0 ? 1 : kept / all, all == 0 ? 1 : uniformly / all);
    }

    /** Returns what one more rank gains for each parameter that it costs. */
    private static double gain(Layer layer, Map<String, Integer> ranks) {
        int rank = ranks.getOrDefault(layer.path(), 0);
        return rank < layer.squares().size() ? layer.squares().get(rank) / layer.cost() : 0;
    }

    private static double sum(Layer layer, int rank) {
        double sum = 0;
        for (int i = 0; i < Math.min(rank, layer.squares().size()); i++) {
            sum += layer.squares().get(i);
        }
        return sum;
    }
}
