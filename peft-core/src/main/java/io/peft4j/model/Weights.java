package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import io.peft4j.program.DType;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The frozen tensors of a base model by Hugging Face's names; nothing may write to them.
 *
 * <p>Weights that are tied are one tensor with two names.
 *
 * <p>Their memory belongs to the base model.
 */
public final class Weights {

    private final Map<String, NDArray> tensors;
    private final Map<String, String> ties;
    private final DType dtype;
    private final Set<String> untied;

    /**
     * Takes tensors.
     *
     * @param ties second names of tensors, with their first ones
     */
    Weights(Map<String, NDArray> tensors, Map<String, String> ties, DType dtype) {
        this(tensors, ties, dtype, Set.of());
    }

    private Weights(Map<String, NDArray> tensors, Map<String, String> ties, DType dtype, Set<String> untied) {
        this.tensors = new TreeMap<>(tensors);
        this.ties = new TreeMap<>(ties);
        this.dtype = dtype;
        this.untied = Set.copyOf(untied);
    }

    /** Returns the type that all of them have. */
    public DType dtype() {
        return dtype;
    }

    /** Returns the second names of tensors, with their first ones. */
    public SortedMap<String, String> ties() {
        return new TreeMap<>(ties);
    }

    /** Returns the names of weights that the configuration ties to others and that have become different ones. */
    Set<String> untied() {
        return untied;
    }

    /** Returns the names, one for each tensor. */
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
        NDArray tensor = tensors.get(ties.getOrDefault(name, name));
        if (tensor == null) {
            throw new IllegalArgumentException("the base model has no weight " + name);
        }
        return tensor;
    }

    /** Returns the same weights of which only some second names are tied; the others have tensors of their own. */
    Weights untying(Set<String> kept) {
        Map<String, String> tied = new TreeMap<>(ties);
        tied.keySet().retainAll(kept);
        Set<String> apart = new TreeSet<>(untied);
        ties.keySet().stream().filter(name -> !kept.contains(name)).forEach(apart::add);
        return new Weights(tensors, tied, dtype, apart);
    }

    /** Returns weights in which some tensors are others; the memory of both is shared. A second name that gets a tensor of
     * its own is no longer tied. */
    Weights with(Map<String, NDArray> replacements) {
        Map<String, NDArray> replaced = new TreeMap<>(tensors);
        replacements.forEach((name, tensor) -> {
            get(name);
            replaced.put(name, tensor);
        });
        Set<String> kept = new TreeSet<>(ties.keySet());
        kept.removeAll(replacements.keySet());
        return new Weights(replaced, ties, dtype, untied).untying(kept);
    }
}
