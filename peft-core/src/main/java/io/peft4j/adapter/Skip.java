package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** A composition that leaves some layers of the model as they are. */
record Skip(SortedSet<Integer> layers, Composition part) implements Composition {
    public Skip {
        layers = Collections.unmodifiableSortedSet(new TreeSet<>(layers));
        Composition.check(layers.isEmpty() || layers.first() >= 0, "layers are counted from 0: %s", layers);
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
                : Lanes.product(List.of(part), rows, parts -> new Skip(layers, parts.get(0)));
    }

    @Override
    public String toString() {
        return "skip(%s, %s)".formatted(layers, part);
    }
}
