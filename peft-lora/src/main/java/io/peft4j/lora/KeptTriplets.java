package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An AdaLoRA without the triplets that training dropped. */
final class KeptTriplets {

    private final Adapter adapter;
    private final AdaLoraConfig config;

    private KeptTriplets(Adapter adapter, AdaLoraConfig config) {
        this.adapter = adapter;
        this.config = config;
    }

    /** Returns the adapter itself if none was dropped. */
    static Adapter of(Adapter adapter, BaseModel base) {
        if (!(adapter.config() instanceof AdaLoraConfig config)) {
            throw new IllegalArgumentException("%s is no AdaLoRA: %s".formatted(adapter, adapter.config()));
        }
        return new KeptTriplets(adapter, config).in(base);
    }

    private Adapter in(BaseModel base) {
        Map<String, boolean[]> kept = new TreeMap<>();
        boolean dropped = false;
        String end = "." + AdaLoraLinear.E;
        for (String name : adapter.trainable().names()) {
            if (name.endsWith(end)) {
                String layer = name.substring(0, name.length() - end.length());
                float[] ones = NativeTensors.toFloats(adapter.parameter(layer + "." + AdaLoraLinear.KEPT));
                boolean[] own = new boolean[ones.length];
                float[] e = NativeTensors.toFloats(adapter.parameter(name));
                for (int i = 0; i < own.length; i++) {
                    // Parameters of an earlier epoch may have been restored since.
                    own[i] = ones[i] != 0 || e[i] != 0;
                    dropped |= !own[i];
                }
                kept.put(layer, own);
            }
        }
        if (!dropped) {
            return adapter;
        }
        Map<String, List<Boolean>> pattern = new TreeMap<>();
        kept.forEach((layer, own) -> pattern.put(layer, among(layer, own)));
        Adapter smaller = adapter.with(base, config.keeping(pattern));
        kept.forEach((layer, own) -> copy(layer, own, smaller));
        return smaller;
    }

    /** Returns which of the triplets at the start are kept: of those that were left when the adapter was made, some. */
    private List<Boolean> among(String layer, boolean[] own) {
        List<Boolean> before = config.kept().get(layer);
        List<Boolean> all = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < config.lora().rank(); i++) {
            boolean was = before == null || before.get(i);
            all.add(was && own[next]);
            next += was ? 1 : 0;
        }
        return all;
    }

    private void copy(String layer, boolean[] kept, Adapter target) {
        for (String name : List.of(AdaLoraLinear.A, AdaLoraLinear.E, AdaLoraLinear.B)) {
            NDArray to = target.parameter(layer + "." + name);
            float[] from = NativeTensors.toFloats(adapter.parameter(layer + "." + name));
            boolean byColumn = name.equals(AdaLoraLinear.B);
            int width = byColumn ? kept.length : from.length / kept.length;
            float[] values = new float[Math.toIntExact(to.size())];
            int next = 0;
            for (int i = 0; i < from.length; i++) {
                if (kept[byColumn ? i % width : i / width]) {
                    values[next++] = from[i];
                }
            }
            if (values.length > 0) {
                try (NDArray source = to.getManager().create(values, to.getShape())) {
                    NativeTensors.copy(to, source);
                }
            }
        }
    }
}
