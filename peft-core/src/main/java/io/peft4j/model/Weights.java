package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import io.peft4j.program.DType;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
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
    private final Map<String, DType> types;
    private final Set<String> untied;

    /**
     * Takes tensors.
     *
     * @param types the type of each, which DJL does not know of all
     * @param ties second names of tensors, with their first ones
     */
    Weights(Map<String, NDArray> tensors, Map<String, DType> types, Map<String, String> ties) {
        this(tensors, types, ties, Set.of());
    }

    private Weights(
            Map<String, NDArray> tensors, Map<String, DType> types, Map<String, String> ties, Set<String> untied) {
        this.tensors = new TreeMap<>(tensors);
        this.ties = new TreeMap<>(ties);
        this.types = Map.copyOf(types);
        this.untied = Set.copyOf(untied);
    }

    /** Returns the type that most of their values are stored in. */
    public DType dtype() {
        Map<DType, Long> sizes = new EnumMap<>(DType.class);
        tensors.forEach((name, tensor) -> sizes.merge(dtype(name), tensor.size(), Long::sum));
        return Collections.max(sizes.entrySet(), Map.Entry.comparingByValue()).getKey();
    }

    /**
     * Returns the type that a tensor is stored in, which is not that to compute in where weights are {@link
     * WeightStorage#KEPT}.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public DType dtype(String name) {
        get(name);
        return Objects.requireNonNull(types.get(first(name)));
    }

    /** Returns the second names of tensors, with their first ones. */
    public SortedMap<String, String> ties() {
        return new TreeMap<>(ties);
    }

    /** Returns the first name of a tensor, which is the same unless the name is a second one. */
    String first(String name) {
        return ties.getOrDefault(name, name);
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
        return names().stream()
                .mapToLong(name -> get(name).size() * dtype(name).bytes())
                .sum();
    }

    /**
     * Returns a tensor.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public NDArray get(String name) {
        NDArray tensor = tensors.get(first(name));
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
        return new Weights(tensors, types, tied, apart);
    }

    /** Returns weights in which some tensors are others; the memory of both is shared. A second name that gets a tensor of
     * its own is no longer tied. */
    Weights with(Map<String, NDArray> replacements) {
        Map<String, NDArray> replaced = new TreeMap<>(tensors);
        Map<String, DType> replacedTypes = new TreeMap<>(types);
        replacements.forEach((name, tensor) -> {
            replacedTypes.put(name, dtype(name));
            replaced.put(name, tensor);
        });
        Set<String> kept = new TreeSet<>(ties.keySet());
        kept.removeAll(replacements.keySet());
        return new Weights(replaced, replacedTypes, ties, untied).untying(kept);
    }
}
