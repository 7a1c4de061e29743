package io.peft4j.bottleneck;

import ai.djl.ndarray.NDArray;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Makes trained bottlenecks smaller: copies without those of some layers, or with fewer features. */
public final class BottleneckPruning {

    private static final Pattern DOWN = Pattern.compile("(.*)adapter_down\\.\\d\\.weight");

    private BottleneckPruning() {}

    /**
     * Returns a copy without the bottlenecks of some layers, which computes what {@code skipLayers} does and is as much
     * smaller (Rücklé et al. 2021); the caller closes it.
     *
     * @throws IllegalArgumentException if nothing would be left, or the model has no such layers
     */
    public static Adapter withoutLayers(Adapter adapter, BaseModel base, Collection<Integer> layers) {
        BottleneckConfig config = config(adapter);
        Set<Integer> all = new TreeSet<>(config.placement().leaveOut().layers());
        all.addAll(layers);
        if (all.size() >= base.architecture().layers()) {
            throw new IllegalArgumentException("nothing is left of %s without the layers %s".formatted(adapter, all));
        }
        Adapter copy = create(
                adapter, base, config.toBuilder().leaveOut(List.copyOf(all)).build());
        copy.trainable().names().forEach(name -> NativeTensors.copy(copy.parameter(name), adapter.parameter(name)));
        return copy;
    }

    /**
     * Returns a copy whose bottlenecks have those features i of which ‖downᵢ‖·‖upᵢ‖ is largest; the caller closes it.
     *
     * @param size how many, at most as many as there are
     * @throws IllegalArgumentException if a bottleneck has fewer, or projections are Kronecker products
     */
    public static Adapter toSize(Adapter adapter, BaseModel base, int size) {
        BottleneckConfig config = config(adapter);
        if (config.shape().phm().enabled()) {
            throw new IllegalArgumentException(
                    "features of Kronecker products cannot be taken out one by one: " + adapter);
        }
        Map<String, float[]> values = new LinkedHashMap<>();
        for (String name : adapter.trainable().names()) {
            Matcher down = DOWN.matcher(name);
            if (down.matches()) {
                narrow(adapter, down.group(1), name, size, values);
            }
        }
        Adapter copy = create(adapter, base, config.toBuilder().size(size).build());
        for (String name : copy.trainable().names()) {
            NDArray target = copy.parameter(name);
            if (values.containsKey(name)) {
                try (NDArray source = target.getManager().create(values.get(name), target.getShape())) {
                    NativeTensors.copy(target, source);
                }
            } else {
                NativeTensors.copy(target, adapter.parameter(name));
            }
        }
        return copy;
    }

    /** Adds what is left of down [d, D], its bias [d] and up [D, d]. */
    private static void narrow(
            Adapter adapter, String location, String downName, int size, Map<String, float[]> values) {
        String upName = location + "adapter_up.weight";
        String biasName = downName.replaceFirst("weight$", "bias");
        float[] down = NativeTensors.toFloats(adapter.parameter(downName));
        float[] up = NativeTensors.toFloats(adapter.parameter(upName));
        float[] bias = NativeTensors.toFloats(adapter.parameter(biasName));
        int d = bias.length;
        int width = down.length / d;
        if (size < 1 || size > d) {
            throw new IllegalArgumentException(
                    "%s has %d features, from 1 of which to all can be kept: %d".formatted(downName, d, size));
        }
        int[] kept = IntStream.range(0, d)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -norm(down, i * width, 1, width) * norm(up, i, d, width)))
                .limit(size)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        float[] newDown = new float[size * width];
        float[] newUp = new float[width * size];
        float[] newBias = new float[size];
        for (int k = 0; k < size; k++) {
            System.arraycopy(down, kept[k] * width, newDown, k * width, width);
            newBias[k] = bias[kept[k]];
            for (int row = 0; row < width; row++) {
                newUp[row * size + k] = up[row * d + kept[k]];
            }
        }
        values.put(downName, newDown);
        values.put(biasName, newBias);
        values.put(upName, newUp);
    }

    private static double norm(float[] values, int first, int step, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            double value = values[first + i * step];
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    private static Adapter create(Adapter adapter, BaseModel base, BottleneckConfig config) {
        return Adapter.restore(base, adapter.name(), config, adapter.trainedModules());
    }

    private static BottleneckConfig config(Adapter adapter) {
        if (adapter.config() instanceof BottleneckConfig config) {
            return config;
        }
        throw new IllegalArgumentException("%s has no bottlenecks: its method is %s"
                .formatted(adapter, adapter.config().peftType()));
    }
}
