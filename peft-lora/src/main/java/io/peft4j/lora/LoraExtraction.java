package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The LoRA that is nearest to what fine-tuning made of a model: Δ = W′ − W of each target, cut off after r singular values.
 *
 * <pre>
 * Δ = U·diag(S)·Vᵀ, A = Vᵀ of the largest r values, B = U·diag(S)/s      error² = ‖Δ‖² − S₁² − … − Sᵣ²
 * </pre>
 *
 * @param adapter what was made; whoever asked for it closes it
 * @param relativeError √Σ‖Δ − s·B·A‖² / √Σ‖Δ‖² over all targets
 * @param errors that of each target by path; 0 where the target is the same in both models
 * @param left the weights that differ and that the adapter does not hold
 */
public record LoraExtraction(
        Adapter adapter, double relativeError, Map<String, Double> errors, SortedSet<String> left) {

    /** Matrices that are smaller are decomposed exactly, larger ones by random projections. */
    private static final int EXACT = 1024;

    private static final int ITERATIONS = 4;

    /**
     * Extracts a LoRA; a head that is trained as a whole is that of the fine-tuned model.
     *
     * @param base what fine-tuning started from
     * @param tuned what it ended with, of the same shapes
     * @param config the targets, their ranks and scalings
     * @throws IllegalArgumentException if the models have other weights or shapes, or a target is no linear layer
     */
    public static LoraExtraction between(BaseModel base, BaseModel tuned, LoraConfig config) {
        checkSame(base, tuned);
        Settings.check(!config.init().isResidual(), "%s takes a part out of the weight", config.init());
        Adapter adapter = Adapter.create(base, config, 0);
        try {
            return new Run(base, tuned, config, adapter).extract();
        } catch (RuntimeException e) {
            adapter.close();
            throw e;
        }
    }

    private static void checkSame(BaseModel base, BaseModel tuned) {
        TreeSet<String> problems = new TreeSet<>();
        for (String name : base.weights().names()) {
            if (!tuned.weights().names().contains(name)) {
                problems.add("missing " + name);
            } else if (!tuned.weights()
                    .get(name)
                    .getShape()
                    .equals(base.weights().get(name).getShape())) {
                problems.add("%s is %s and was %s"
                        .formatted(
                                name,
                                tuned.weights().get(name).getShape(),
                                base.weights().get(name).getShape()));
            }
        }
        Settings.check(problems.isEmpty(), "%s is not fine-tuned from %s: %s", tuned.name(), base.name(), problems);
    }

    private static final class Run {
        private final BaseModel base;
        private final BaseModel tuned;
        private final LoraConfig config;
        private final Adapter adapter;
        private final Map<String, Double> errors = new TreeMap<>();
        private double lost;
        private double all;

        Run(BaseModel base, BaseModel tuned, LoraConfig config, Adapter adapter) {
            this.base = base;
            this.tuned = tuned;
            this.config = config;
            this.adapter = adapter;
        }

        LoraExtraction extract() {
            SortedSet<String> left = new TreeSet<>(base.weights().names());
            for (String name : adapter.trainable().names()) {
                if (name.endsWith(LoraFactors.A)) {
                    String path = name.substring(0, name.length() - LoraFactors.A.length());
                    extract(path);
                    left.remove(path + ".weight");
                } else if (!name.endsWith(LoraFactors.B)) {
                    String weight = name.replace(".base_layer.", ".");
                    Settings.check(left.remove(weight), "%s of embeddings cannot be extracted; leave them out", name);
                    NativeTensors.copy(adapter.parameter(name), tuned.weights().get(weight));
                }
            }
            left.removeIf(name -> Arrays.equals(
                    NativeTensors.toFloats(base.weights().get(name)),
                    NativeTensors.toFloats(tuned.weights().get(name))));
            return new LoraExtraction(adapter, all == 0 ? 0 : Math.sqrt(lost / all), errors, left);
        }

        private void extract(String path) {
            INDArray before = HostMatrices.read(base.weights().get(path + ".weight"));
            INDArray delta =
                    HostMatrices.read(tuned.weights().get(path + ".weight")).sub(before);
            NDArray a = adapter.parameter(path + LoraFactors.A);
            int rank = Math.toIntExact(a.getShape().get(0));
            double whole = Math.pow(delta.norm2Number().doubleValue(), 2);
            if (whole == 0) {
                // As LoRA starts: B is zero.
                HostMatrices.write(
                        adapter.parameter(path + LoraFactors.B), Nd4j.zeros(delta.dataType(), delta.rows(), rank));
                errors.put(path, 0.0);
                return;
            }
            Decompositions.Svd kept = Math.min(delta.rows(), delta.columns()) <= EXACT
                    ? Decompositions.svd(delta).truncated(rank)
                    : Decompositions.randomizedSvd(delta, rank, ITERATIONS, new Random(0));
            double scaling = config.scaling().of(config.patterns().alpha(path, config.alpha()), rank);
            HostMatrices.write(a, kept.vt());
            HostMatrices.write(
                    adapter.parameter(path + LoraFactors.B), kept.scaledU().div(scaling));
            double rest = Math.max(0, whole - Math.pow(kept.tail(0), 2));
            lost += rest;
            all += whole;
            errors.put(path, Math.sqrt(rest / whole));
        }
    }
}
