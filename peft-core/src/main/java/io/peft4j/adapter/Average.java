package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The mean of what adapters do. */
record Average(List<Composition> parts, List<Double> weights) implements Composition {
    public Average {
        parts = List.copyOf(parts);
        weights = List.copyOf(weights);
        Composition.checkParts("average", parts);
        Composition.check(
                parts.size() == weights.size(),
                "an average needs a weight for each of its %d parts: %s",
                parts.size(),
                weights);
        double sum = weights.stream().mapToDouble(Double::doubleValue).sum();
        Composition.check(
                Double.isFinite(sum) && sum != 0,
                "the weights of an average must have a sum other than 0: %s",
                weights);
        for (Composition part : parts) {
            Set<Place> unfit = EnumSet.of(Place.INPUT_EMBEDDINGS, Place.KEYS_AND_VALUES);
            unfit.retainAll(part.places());
            Composition.check(
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
                        parts.stream().map(part -> part.adaptation(adapters)).toList(),
                        weights.stream().map(weight -> weight / sum).toList());
    }

    @Override
    public List<List<Composition>> lanes(int rows) {
        return isUniform()
                ? Composition.super.lanes(rows)
                : Lanes.product(parts, rows, combined -> new Average(combined, weights));
    }

    @Override
    public String toString() {
        return weights.stream().distinct().count() == 1
                ? Composition.print("average", parts)
                : "average(%s, weights %s)"
                        .formatted(parts.stream().map(Object::toString).collect(Collectors.joining(", ")), weights);
    }
}
