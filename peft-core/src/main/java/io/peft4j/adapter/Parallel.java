package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import java.util.List;

/** Several results from one pass. */
record Parallel(List<Composition> parts) implements Composition {
    public Parallel {
        parts = List.copyOf(parts);
        Composition.checkParts("parallel", parts);
    }

    @Override
    public boolean isUniform() {
        return false;
    }

    @Override
    public Adaptation adaptation(List<Adapter> adapters) {
        throw Composition.differsByRow(this);
    }

    @Override
    public List<List<Composition>> lanes(int rows) {
        return parts.stream().flatMap(part -> part.lanes(rows).stream()).toList();
    }

    @Override
    public String toString() {
        return Composition.print("parallel", parts);
    }
}
