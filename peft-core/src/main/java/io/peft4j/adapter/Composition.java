package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A selection as a tree: adapters at the leaves, and how they work together. */
sealed interface Composition permits Composition.None, Composition.One, Stack, Average, Skip, Fuse, Parallel, Rows {

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

    static void check(boolean holds, String rule, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(rule.formatted(values));
        }
    }

    static void checkParts(String name, List<Composition> parts) {
        check(!parts.isEmpty(), "%s needs at least one part", name);
    }

    static IllegalStateException differsByRow(Composition composition) {
        return new IllegalStateException("%s differs by row: only forward can use it".formatted(composition));
    }

    static String join(List<?> parts) {
        return parts.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    static String print(String name, List<?> parts) {
        return "%s(%s)".formatted(name, join(parts));
    }
}
