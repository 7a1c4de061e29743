package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.Map;
import java.util.TreeMap;

/**
 * An ordinary LoRA that computes what one with a part of the weight taken out computes: s·B·A − s·B₀·A₀ as one product.
 *
 * <pre>
 * A′ = rows of A and A₀, B′ = columns of B and −B₀, rank 2r, the same s
 * </pre>
 */
final class PlainLora {

    private PlainLora() {}

    /** Returns it; the caller closes it. */
    static Adapter of(Adapter adapter, LoraConfig config, BaseModel base) {
        Adapter plain = adapter.with(base, doubled(config));
        for (String name : plain.trainable().names()) {
            boolean isA = name.endsWith(LoraFactors.A);
            if (isA || name.endsWith(LoraFactors.B)) {
                String path = name.substring(0, name.lastIndexOf(".lora_"));
                String start = isA ? ResidualLoraLinear.START_A : ResidualLoraLinear.START_B;
                float[] own = NativeTensors.toFloats(adapter.parameter(name));
                float[] taken = NativeTensors.toFloats(adapter.parameter(path + "." + start));
                write(plain.parameter(name), isA ? rows(own, taken) : columns(own, taken, plain.parameter(name)));
            }
        }
        return plain;
    }

    private static LoraConfig doubled(LoraConfig config) {
        double growth = config.scaling().of(1, 1) / config.scaling().of(1, 2);
        Map<String, Integer> ranks = new TreeMap<>();
        config.patterns().rank().forEach((key, rank) -> ranks.put(key, 2 * rank));
        Map<String, Double> alphas = new TreeMap<>();
        config.patterns().alpha().forEach((key, alpha) -> alphas.put(key, growth * alpha));
        return config.toBuilder()
                .init(LoraInit.KAIMING)
                .rank(2 * config.rank())
                .alpha(growth * config.alpha())
                .patterns(ranks, alphas)
                .build();
    }

    private static float[] rows(float[] a, float[] start) {
        float[] both = new float[a.length + start.length];
        System.arraycopy(a, 0, both, 0, a.length);
        System.arraycopy(start, 0, both, a.length, start.length);
        return both;
    }

    private static float[] columns(float[] b, float[] start, NDArray shape) {
        int width = Math.toIntExact(shape.getShape().get(1));
        int half = width / 2;
        float[] both = new float[b.length + start.length];
        for (int i = 0; i < both.length; i++) {
            int row = i / width;
            int column = i % width;
            both[i] = column < half ? b[row * half + column] : -start[row * half + column - half];
        }
        return both;
    }

    private static void write(NDArray target, float[] values) {
        try (NDArray source = target.getManager().create(values, target.getShape())) {
            NativeTensors.copy(target, source);
        }
    }
}
