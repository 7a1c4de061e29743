package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import io.peft4j.program.DType;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The frozen tensors of a base model by Hugging Face's names; nothing may write to them.
 *
 * <p>Their memory belongs to the base model.
 */
public final class Weights {

    private final Map<String, NDArray> tensors;
    private final DType dtype;

    Weights(Map<String, NDArray> tensors, DType dtype) {
        this.tensors = new TreeMap<>(tensors);
        this.dtype = dtype;
    }

    /** Returns the type that all of them have. */
    public DType dtype() {
        return dtype;
    }

    /** Returns the names. */
    public SortedSet<String> names() {
        return new TreeSet<>(tensors.keySet());
    }

    /** Returns what all weights take, in bytes; those that are mapped take as much only once they were used. */
    public long bytes() {
        return tensors.values().stream().mapToLong(NDArray::size).sum() * dtype.bytes();
    }

    /**
     * Returns a tensor.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public NDArray get(String name) {
        NDArray tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the base model has no weight " + name);
        }
        return tensor;
    }

    /** Returns weights in which some tensors are others; the memory of both is shared. */
    Weights with(Map<String, NDArray> replacements) {
        Map<String, NDArray> replaced = new TreeMap<>(tensors);
        replacements.forEach((name, tensor) -> {
            get(name);
            replaced.put(name, tensor);
        });
        return new Weights(replaced, dtype);
    }
}
