package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.adapter.UpdateRule;
import io.peft4j.program.Activation;
import io.peft4j.program.CompiledProgram;
import io.peft4j.program.DType;
import io.peft4j.program.Kernels;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.Program;
import io.peft4j.program.Recording;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Drops the triplets of AdaLoRA that matter least, so that their number follows a budget that shrinks cubically:
 *
 * <pre>
 * I = |p·g|, Ī ← β₁·Ī + (1 − β₁)·I, Ū ← β₂·Ū + (1 − β₂)·|I − Ī|     for every parameter p with its gradient g
 * score of a triplet = Ī·Ū of E + mean Ī·Ū of its row of A + mean Ī·Ū of its column of B
 * budget b(t) = b₀ for t ≤ t₁, ⌊(b₀ − b₁)·(1 − (t − t₁)/(T − t₂ − t₁))³ + b₁⌋ until T − t₂, then b₁
 * </pre>
 *
 * <p>Dropped triplets have E = 0; until the end of the schedule their gradient can bring them back.
 */
final class RankBudget implements UpdateRule {

    private final AdaLoraConfig config;
    private final Adapter adapter;
    private final List<String> layers;
    private final int initial;
    private final Importance importance;

    RankBudget(AdaLoraConfig config, Adapter adapter, NDManager owner) {
        this.config = config;
        this.adapter = adapter;
        String end = "." + AdaLoraLinear.E;
        this.layers = adapter.trainable().names().stream()
                .filter(name -> name.endsWith(end))
                .map(name -> name.substring(0, name.length() - end.length()))
                .toList();
        this.initial = layers.stream().mapToInt(this::rank).sum();
        this.importance = new Importance(adapter.trainable(), owner);
    }

    @Override
    public void updated(long step, ParameterBuffer gradients) {
        AdaLoraConfig.Schedule schedule = config.schedule();
        long last = schedule.steps() - (long) schedule.finishing();
        if (step < last) {
            importance.add(adapter.trainable().flat(), gradients.flat());
            if (step > schedule.warmup() && step % schedule.interval() == 0) {
                drop(initial - budget(step));
            }
        } else if (step == last) {
            drop(initial - budget(step));
        } else {
            layers.forEach(layer -> mask(layer, NativeTensors.toFloats(ones(layer))));
        }
    }

    /** Returns how many triplets may be left after an update. */
    int budget(long step) {
        AdaLoraConfig.Schedule schedule = config.schedule();
        int target = config.targetRank() * layers.size();
        if (step <= schedule.warmup()) {
            return initial;
        }
        double span = schedule.steps() - schedule.finishing() - schedule.warmup();
        double left = Math.max(0, 1 - (step - schedule.warmup()) / span);
        return (int) ((initial - target) * Math.pow(left, 3) + target);
    }

    @Override
    public Map<String, NDArray> state() {
        Map<String, NDArray> state = new TreeMap<>();
        state.put("importance", importance.mean);
        state.put("uncertainty", importance.deviation);
        layers.forEach(layer -> state.put(layer + "." + AdaLoraLinear.KEPT, ones(layer)));
        return state;
    }

    /** Sets the triplets with the lowest scores to zero, and those with equal scores. */
    private void drop(int count) {
        float[] scores = importance.scores();
        List<double[]> byLayer =
                layers.stream().map(layer -> scores(layer, scores)).toList();
        double[] sorted =
                byLayer.stream().flatMapToDouble(Arrays::stream).sorted().toArray();
        double threshold = count <= 0 ? Double.NEGATIVE_INFINITY : sorted[count - 1];
        for (int i = 0; i < layers.size(); i++) {
            double[] own = byLayer.get(i);
            float[] kept = new float[own.length];
            for (int j = 0; j < own.length; j++) {
                kept[j] = own[j] <= threshold ? 0 : 1;
            }
            mask(layers.get(i), kept);
        }
    }

    private void mask(String layer, float[] kept) {
        NDArray e = adapter.parameter(layer + "." + AdaLoraLinear.E);
        float[] values = NativeTensors.toFloats(e);
        for (int i = 0; i < values.length; i++) {
            values[i] = kept[i] == 0 ? 0 : values[i];
        }
        write(e, values);
        write(ones(layer), kept);
    }

    /** Returns ones for the triplets of a layer that are kept. */
    private NDArray ones(String layer) {
        return adapter.parameter(layer + "." + AdaLoraLinear.KEPT);
    }

    private static void write(NDArray target, float[] values) {
        try (NDArray source = target.getManager().create(values, target.getShape())) {
            NativeTensors.copy(target, source);
        }
    }

    private int rank(String layer) {
        return Math.toIntExact(slice(layer, AdaLoraLinear.E).elements());
    }

    private ParameterBuffer.Slice slice(String layer, String name) {
        return Objects.requireNonNull(adapter.trainable().slices().get(layer + "." + name));
    }

    /** Returns the scores of a layer's triplets. */
    private double[] scores(String layer, float[] flat) {
        int r = rank(layer);
        ParameterBuffer.Slice a = slice(layer, AdaLoraLinear.A);
        ParameterBuffer.Slice b = slice(layer, AdaLoraLinear.B);
        int in = Math.toIntExact(a.shape().get(1));
        int out = Math.toIntExact(b.shape().get(0));
        double[] scores = new double[r];
        for (int i = 0; i < r; i++) {
            double row = 0;
            for (int j = 0; j < in; j++) {
                row += flat[Math.toIntExact(a.offset()) + i * in + j];
            }
            double column = 0;
            for (int j = 0; j < out; j++) {
                column += flat[Math.toIntExact(b.offset()) + j * r + i];
            }
            double e = flat[Math.toIntExact(slice(layer, AdaLoraLinear.E).offset()) + i];
            scores[i] = e + row / in + column / out;
        }
        return scores;
    }

    /** The moving averages Ī and Ū of all parameters. */
    private final class Importance {
        private final NDArray mean;
        private final NDArray deviation;
        private final CompiledProgram program;

        Importance(ParameterBuffer parameters, NDManager owner) {
            mean = parameters.zerosLike(owner).flat();
            deviation = parameters.zerosLike(owner).flat();
            program = CompiledProgram.of(program(config.smoothing(), parameters.size()), Kernels.DEFAULT);
        }

        void add(NDArray values, NDArray gradients) {
            try (NDManager scratch = mean.getManager().newSubManager()) {
                List<NDArray> next = program.run(scratch, List.of(values, gradients, mean, deviation));
                NativeTensors.copy(mean, next.get(0));
                NativeTensors.copy(deviation, next.get(1));
            }
        }

        /** Returns Ī·Ū. */
        float[] scores() {
            float[] scores = NativeTensors.toFloats(mean);
            float[] factors = NativeTensors.toFloats(deviation);
            for (int i = 0; i < scores.length; i++) {
                scores[i] *= factors[i];
            }
            return scores;
        }
    }

    private static Program program(AdaLoraConfig.Smoothing smoothing, long size) {
        Recording recording = new Recording();
        List<Tensor> inputs = new ArrayList<>();
        for (String name : List.of("p", "g", "mean", "deviation")) {
            inputs.add(recording.input(name, TensorType.of(DType.FLOAT32, size)));
        }
        Tensor now = magnitude(inputs.get(0).multiply(inputs.get(1)));
        Tensor mean = mix(inputs.get(2), now, smoothing.importance());
        Tensor deviation = mix(inputs.get(3), magnitude(now.subtract(mean)), smoothing.uncertainty());
        return recording.program(List.of(mean, deviation));
    }

    private static Tensor mix(Tensor old, Tensor now, double share) {
        return old.scale(share).add(now.scale(1 - share));
    }

    private static Tensor magnitude(Tensor x) {
        return x.activation(Activation.RELU).add(x.scale(-1).activation(Activation.RELU));
    }
}
