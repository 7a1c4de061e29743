package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A selection as a tree: adapters at the leaves, and how they work together. */
sealed interface Composition {

    /** Returns what it changes in every row of a batch; leaves find their tensors in the slots of {@code adapters}. */
    Adaptation adaptation(List<Adapter> adapters);

    /** Returns the parts, in order. */
    List<Composition> parts();

    /** Returns the adapters at the leaves, each once, in order. */
    default List<Adapter> adapters() {
        return parts().stream()
                .flatMap(part -> part.adapters().stream())
                .distinct()
                .toList();
    }

    /** Returns where something is changed. */
    default Set<Place> places() {
        return adapters().stream()
                .flatMap(adapter -> adapter.places().stream())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Place.class)));
    }

    /** Returns how many positions virtual tokens take from a text at most. */
    default int positions() {
        return parts().stream().mapToInt(Composition::positions).max().orElse(0);
    }

    /** Returns whether it is the same for all rows, with one result. */
    default boolean isUniform() {
        return parts().stream().allMatch(Composition::isUniform);
    }

    /**
     * Returns for each result what computes each of its rows.
     *
     * @param rows how many there are in the batch
     */
    default List<List<Composition>> lanes(int rows) {
        return List.of(Collections.nCopies(rows, this));
    }

    /** The base model alone. */
    record None() implements Composition {
        @Override
        public Adaptation adaptation(List<Adapter> adapters) {
            return Adaptation.NONE;
        }

        @Override
        public List<Composition> parts() {
            return List.of();
        }

        @Override
        public String toString() {
            return "none";
        }
    }

    /** One adapter. */
    record One(Adapter adapter) implements Composition {
        public One {
            check(
                    !adapter.adaptation().combines(),
                    "%s combines other adapters and does nothing alone: use fuse(%s, …)",
                    adapter,
                    adapter);
        }

        @Override
        public Adaptation adaptation(List<Adapter> adapters) {
            int slot = adapters.indexOf(adapter);
            return slot == 0 ? adapter.adaptation() : new InSlot(adapter.adaptation(), slot);
        }

        @Override
        public List<Composition> parts() {
            return List.of();
        }

        @Override
        public List<Adapter> adapters() {
            return List.of(adapter);
        }

        @Override
        public int positions() {
            return adapter.adaptation().virtualTokens().positions();
        }

        @Override
        public String toString() {
            return adapter.toString();
        }
    }

    /** Adapters one after another. */
    record Stack(List<Composition> parts) implements Composition {
        public Stack {
            parts = List.copyOf(parts);
            checkParts("stack", parts);
            List<Adapter> all =
                    parts.stream().flatMap(part -> part.adapters().stream()).toList();
            List<Adapter> repeated = all.stream()
                    .filter(adapter -> Collections.frequency(all, adapter) > 1)
                    .distinct()
                    .toList();
            check(repeated.isEmpty(), "a stack has each adapter once, and %s repeats in %s", repeated, parts);
        }

        @Override
        public Adaptation adaptation(List<Adapter> adapters) {
            return parts.size() == 1
                    ? parts.get(0).adaptation(adapters)
                    : new Stacked(parts.stream()
                            .map(part -> part.adaptation(adapters))
                            .toList());
        }

        @Override
        public int positions() {
            return parts.stream().mapToInt(Composition::positions).sum();
        }

        @Override
        public List<List<Composition>> lanes(int rows) {
            return isUniform() ? Composition.super.lanes(rows) : product(parts, rows, Stack::new);
        }

        @Override
        public String toString() {
            return print("stack", parts);
        }
    }

    /** The mean of what adapters do. */
    record Average(List<Composition> parts, List<Double> weights) implements Composition {
        public Average {
            parts = List.copyOf(parts);
            weights = List.copyOf(weights);
            checkParts("average", parts);
            check(
                    parts.size() == weights.size(),
                    "an average needs a weight for each of its %d parts: %s",
                    parts.size(),
                    weights);
            double sum = weights.stream().mapToDouble(Double::doubleValue).sum();
            check(
                    Double.isFinite(sum) && sum != 0,
                    "the weights of an average must have a sum other than 0: %s",
                    weights);
            for (Composition part : parts) {
                Set<Place> unfit = EnumSet.of(Place.INPUT_EMBEDDINGS, Place.KEYS_AND_VALUES);
                unfit.retainAll(part.places());
                check(
                        unfit.isEmpty(),
                        "%s cannot be averaged: it changes %s, where a mean of learned rows or functions means nothing",
                        part,
                        unfit);
            }
        }

        @Override
        public Adaptation adaptation(List<Adapter> adapters) {
            double sum = weights.stream().mapToDouble(Double::doubleValue).sum();
            return parts.size() == 1
                    ? parts.get(0).adaptation(adapters)
                    : new Averaged(
                            parts.stream()
                                    .map(part -> part.adaptation(adapters))
                                    .toList(),
                            weights.stream().map(weight -> weight / sum).toList());
        }

        @Override
        public List<List<Composition>> lanes(int rows) {
            return isUniform()
                    ? Composition.super.lanes(rows)
                    : product(parts, rows, combined -> new Average(combined, weights));
        }

        @Override
        public String toString() {
            return weights.stream().distinct().count() == 1
                    ? print("average", parts)
                    : "average(%s, weights %s)"
                            .formatted(parts.stream().map(Object::toString).collect(Collectors.joining(", ")), weights);
        }
    }

    /** A composition that leaves some layers of the model as they are. */
    record Skip(SortedSet<Integer> layers, Composition part) implements Composition {
        public Skip {
            layers = Collections.unmodifiableSortedSet(new TreeSet<>(layers));
            check(layers.isEmpty() || layers.first() >= 0, "layers are counted from 0: %s", layers);
        }

        @Override
        public Adaptation adaptation(List<Adapter> adapters) {
            Adaptation whole = part.adaptation(adapters);
            return layers.isEmpty() ? whole : new Skipping(whole, layers);
        }

        @Override
        public List<Composition> parts() {
            return List.of(part);
        }

        @Override
        public List<List<Composition>> lanes(int rows) {
            return isUniform()
                    ? Composition.super.lanes(rows)
                    : product(List.of(part), rows, parts -> new Skip(layers, parts.get(0)));
        }

        @Override
        public String toString() {
            return "skip(%s, %s)".formatted(layers, part);
        }
    }

    /** Sub-layer updates of adapters, combined by another. */
    record Fuse(Adapter fusion, List<Composition> parts) implements Composition {
        public Fuse {
            parts = List.copyOf(parts);
            checkParts("fuse", parts);
            check(fusion.adaptation().combines(), "%s is no fusion: its method is %s", fusion, fusion.config());
            for (Composition part : parts) {
                Set<Place> places = EnumSet.noneOf(Place.class);
                places.addAll(part.places());
                places.remove(Place.WEIGHT_OF_LINEAR);
                check(part.isUniform(), "%s differs by row and cannot be fused; fuse within each row", part);
                check(
                        places.equals(Set.of(Place.SUBLAYER)),
                        "%s cannot be fused: fusion combines sub-layer outputs, and it changes %s",
                        part,
                        places);
            }
        }

        @Override
        public List<Adapter> adapters() {
            List<Adapter> adapters = new ArrayList<>(Composition.super.adapters());
            adapters.add(fusion);
            return adapters;
        }

        @Override
        public Adaptation adaptation(List<Adapter> adapters) {
            return new Fused(
                    new InSlot(fusion.adaptation(), adapters.indexOf(fusion)),
                    parts.stream().map(part -> part.adaptation(adapters)).toList());
        }

        @Override
        public String toString() {
            List<Object> all = new ArrayList<>(List.of(fusion));
            all.addAll(parts);
            return print("fuse", all);
        }
    }

    /** Several results from one pass. */
    record Parallel(List<Composition> parts) implements Composition {
        public Parallel {
            parts = List.copyOf(parts);
            checkParts("parallel", parts);
        }

        @Override
        public boolean isUniform() {
            return false;
        }

        @Override
        public Adaptation adaptation(List<Adapter> adapters) {
            throw differsByRow(this);
        }

        @Override
        public List<List<Composition>> lanes(int rows) {
            return parts.stream().flatMap(part -> part.lanes(rows).stream()).toList();
        }

        @Override
        public String toString() {
            return print("parallel", parts);
        }
    }

    /** A composition for each run of rows; a run of one row each is a choice by row. */
    record Rows(List<Composition> parts, List<Integer> sizes) implements Composition {
        public Rows {
            parts = List.copyOf(parts);
            sizes = List.copyOf(sizes);
            check(
                    parts.size() == sizes.size()
                            && !parts.isEmpty()
                            && sizes.stream().allMatch(size -> size > 0),
                    "a split of a batch needs as many sizes as parts, each at least 1: %s and %s",
                    sizes,
                    parts);
        }

        @Override
        public boolean isUniform() {
            return false;
        }

        @Override
        public Adaptation adaptation(List<Adapter> adapters) {
            throw differsByRow(this);
        }

        @Override
        public List<List<Composition>> lanes(int rows) {
            int sum = sizes.stream().mapToInt(Integer::intValue).sum();
            check(sum == rows, "%s is for %d rows, and the batch has %d", this, sum, rows);
            List<Composition> all = new ArrayList<>();
            for (int i = 0; i < parts.size(); i++) {
                List<List<Composition>> lanes = parts.get(i).lanes(sizes.get(i));
                check(lanes.size() == 1, "%s gives several results, and a row has one: %s", parts.get(i), this);
                all.addAll(lanes.get(0));
            }
            return List.of(all);
        }

        @Override
        public String toString() {
            boolean single = sizes.stream().allMatch(size -> size == 1);
            return single ? print("perRow", parts) : "batchSplit(%s, sizes %s)".formatted(join(parts), sizes);
        }
    }

    private static void check(boolean holds, String rule, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(rule.formatted(values));
        }
    }

    private static void checkParts(String name, List<Composition> parts) {
        check(!parts.isEmpty(), "%s needs at least one part", name);
    }

    private static IllegalStateException differsByRow(Composition composition) {
        return new IllegalStateException("%s differs by row: only forward can use it".formatted(composition));
    }

    /** Returns the lanes of parts that are combined row by row; a part of one lane is part of every result. */
    private static List<List<Composition>> product(
            List<Composition> parts, int rows, Function<List<Composition>, Composition> combine) {
        List<List<List<Composition>>> all =
                parts.stream().map(part -> part.lanes(rows)).toList();
        int lanes = all.stream().mapToInt(List::size).max().orElse(1);
        check(
                all.stream().allMatch(part -> part.size() == 1 || part.size() == lanes),
                "parts with different numbers of results cannot be combined: %s",
                parts);
        List<List<Composition>> results = new ArrayList<>();
        for (int l = 0; l < lanes; l++) {
            List<Composition> result = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                List<Composition> combined = new ArrayList<>();
                for (List<List<Composition>> part : all) {
                    combined.add(part.get(part.size() == 1 ? 0 : l).get(row));
                }
                result.add(combine.apply(combined));
            }
            results.add(result);
        }
        return results;
    }

    private static String join(List<?> parts) {
        return parts.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    private static String print(String name, List<?> parts) {
        return "%s(%s)".formatted(name, join(parts));
    }
}
