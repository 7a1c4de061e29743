package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import java.util.Collections;
import java.util.List;

/** Adapters one after another. */
record Stack(List<Composition> parts) implements Composition {
    public Stack {
        parts = List.copyOf(parts);
        Composition.checkParts("stack", parts);
        List<Adapter> all =
                parts.stream().flatMap(part -> part.adapters().stream()).toList();
        List<Adapter> repeated = all.stream()
                .filter(adapter -> Collections.frequency(all, adapter) > 1)
                .distinct()
                .toList();
        Composition.check(repeated.isEmpty(), "a stack has each adapter once, and %s repeats in %s", repeated, parts);
    }

    @Override
    public Adaptation adaptation(List<Adapter> adapters) {
        return parts.size() == 1
                ? parts.get(0).adaptation(adapters)
                : new Stacked(
                        parts.stream().map(part -> part.adaptation(adapters)).toList());
    }

    @Override
    public int positions() {
        return parts.stream().mapToInt(Composition::positions).sum();
    }

    @Override
    public List<List<Composition>> lanes(int rows) {
        return isUniform() ? Composition.super.lanes(rows) : Lanes.product(parts, rows, Stack::new);
    }

    @Override
    public String toString() {
        return Composition.print("stack", parts);
    }
}
