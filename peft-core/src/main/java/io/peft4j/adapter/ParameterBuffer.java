package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.ParameterSpec;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.ProcessMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tensors that lie one after another in one flat FLOAT32 array, so that an optimizer, a norm or a copy is one operation.
 */
public final class ParameterBuffer {

    /**
     * Where a tensor lies.
     *
     * @param offset of its first element
     * @param shape of the tensor
     */
    public record Slice(long offset, List<Long> shape) {

        /** Returns the number of elements. */
        public long elements() {
            return shape.stream().reduce(1L, Math::multiplyExact);
        }

        /** Returns why a stored tensor cannot be read into it, empty if it can. */
        public Optional<String> misfit(TensorInfo stored) {
            if (!stored.shape().equals(shape)) {
                return Optional.of("%s must be %s: %s".formatted(stored.name(), shape, stored.shape()));
            } else if (!stored.dtype().isFloating()) {
                return Optional.of("%s must have a floating type: %s".formatted(stored.name(), stored.dtype()));
            }
            return Optional.empty();
        }

        private long[] sizes() {
            return shape.stream().mapToLong(Long::longValue).toArray();
        }
    }

    private static final int NAMED = 5;

    private final Map<String, Slice> slices;
    private final Map<String, NDArray> views = new LinkedHashMap<>();
    private final NDArray flat;

    private ParameterBuffer(NDManager owner, Map<String, Slice> slices, long size) {
        this.slices = slices;
        this.flat = NativeTensors.zeros(owner, DType.FLOAT32, size);
        slices.forEach(
                (name, slice) -> views.put(name, NativeTensors.view(owner, flat, slice.offset(), slice.sizes())));
    }

    /** Returns a buffer of zeros that holds the given tensors in their order. */
    static ParameterBuffer of(NDManager owner, List<ParameterSpec> parameters) {
        Map<String, Slice> slices = new LinkedHashMap<>();
        long offset = 0;
        for (ParameterSpec parameter : parameters) {
            slices.put(parameter.name(), new Slice(offset, parameter.shape()));
            offset += parameter.elements();
        }
        if (offset > ProcessMemory.ofMachine() / Float.BYTES) {
            throw new IllegalArgumentException(
                    "the settings make %d parameters, of %d bytes, and the machine has %d bytes: make them smaller"
                            .formatted(offset, Math.multiplyExact(offset, Float.BYTES), ProcessMemory.ofMachine()));
        }
        return new ParameterBuffer(owner, slices, offset);
    }

    /** Returns another buffer of zeros with the same layout, for gradients or moments. */
    public ParameterBuffer zerosLike(NDManager owner) {
        return new ParameterBuffer(owner, slices, size());
    }

    /**
     * Checks that no number is NaN or infinite.
     *
     * @param source what holds them, for the message
     * @throws IllegalArgumentException naming the tensors in which some are
     */
    public void checkFinite(Path source) {
        if (isFinite(flat)) {
            return;
        }
        List<String> broken =
                names().stream().filter(name -> !isFinite(get(name))).toList();
        throw new IllegalArgumentException(
                "%s holds numbers that are not finite, in %d of %d tensors: %s%s; save it again"
                        .formatted(
                                source,
                                broken.size(),
                                names().size(),
                                String.join(", ", broken.subList(0, Math.min(NAMED, broken.size()))),
                                broken.size() > NAMED ? ", …" : ""));
    }

    /** The largest magnitude is NaN where a number is, and infinite where one is. */
    private static boolean isFinite(NDArray array) {
        if (array.size() == 0) {
            return true;
        }
        try (NDArray magnitudes = array.abs();
                NDArray largest = magnitudes.max()) {
            return Float.isFinite(largest.getFloat());
        }
    }

    /** Returns the array of all tensors. */
    public NDArray flat() {
        return flat;
    }

    /** Returns the number of elements. */
    public long size() {
        return slices.values().stream().mapToLong(Slice::elements).sum();
    }

    /** Returns where each tensor lies, in order. */
    public Map<String, Slice> slices() {
        return slices;
    }

    /** Returns the names in order. */
    public Set<String> names() {
        return slices.keySet();
    }

    /**
     * Returns a tensor, a view of the flat array.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public NDArray get(String name) {
        NDArray view = views.get(name);
        if (view == null) {
            throw new IllegalArgumentException(
                    "no parameter %s; there are %s".formatted(name, new ArrayList<>(names())));
        }
        return view;
    }
}
