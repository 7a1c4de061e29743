package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Sub-layer updates of adapters, combined by another. */
record Fuse(Adapter fusion, List<Composition> parts) implements Composition {
    public Fuse {
        parts = List.copyOf(parts);
        Composition.checkParts("fuse", parts);
        Composition.check(fusion.adaptation().combines(), "%s is no fusion: its method is %s", fusion, fusion.config());
        for (Composition part : parts) {
            Set<Place> places = EnumSet.noneOf(Place.class);
            places.addAll(part.places());
            places.remove(Place.WEIGHT_OF_LINEAR);
            Composition.check(part.isUniform(), "%s differs by row and cannot be fused; fuse within each row", part);
            Composition.check(
                    places.equals(Set.of(Place.SUBLAYER)),
                    "%s cannot be fused: fusion combines sub-layer outputs, and it changes %s",
                    part,
                    places);
        }
        fusion.adaptation().checkCombined(parts.stream().map(Fuse::lastName).toList());
    }

    /** Returns the name of the adapter whose output leaves a part; the base model's is empty. */
    private static String lastName(Composition part) {
        List<Adapter> adapters = part.adapters();
        return adapters.isEmpty() ? "" : adapters.get(adapters.size() - 1).name();
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
        return Composition.print("fuse", all);
    }
}
