package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import java.util.ArrayList;
import java.util.List;

/** A composition for each run of rows; a run of one row each is a choice by row. */
record Rows(List<Composition> parts, List<Integer> sizes) implements Composition {
    public Rows {
        parts = List.copyOf(parts);
        sizes = List.copyOf(sizes);
        Composition.check(
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
        throw Composition.differsByRow(this);
    }

    @Override
    public List<List<Composition>> lanes(int rows) {
        int sum = sizes.stream().mapToInt(Integer::intValue).sum();
        Composition.check(sum == rows, "%s is for %d rows, and the batch has %d", this, sum, rows);
        List<Composition> all = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            List<List<Composition>> lanes = parts.get(i).lanes(sizes.get(i));
            Composition.check(lanes.size() == 1, "%s gives several results, and a row has one: %s", parts.get(i), this);
            all.addAll(lanes.get(0));
        }
        return List.of(all);
    }

    @Override
    public String toString() {
        boolean single = sizes.stream().allMatch(size -> size == 1);
        return single
                ? Composition.print("perRow", parts)
                : "batchSplit(%s, sizes %s)".formatted(Composition.join(parts), sizes);
    }
}
