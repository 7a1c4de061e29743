package io.peft4j.fusion;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.bottleneck.BottleneckConfig;
import io.peft4j.bottleneck.BottleneckPlacement;
import io.peft4j.bottleneck.LeaveOut;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A trained combination of bottleneck adapters (AdapterFusion, Pfeiffer et al. 2021).
 *
 * @param adapters names of what is combined, in order
 * @param placement the sub-layers after which they are
 * @param projections which of query, key and value are projected
 * @param residualBefore whether the residual is part of keys and values rather than added after
 * @param dropout probability of dropping a score, in [0, 1)
 * @param regularization whether training keeps the value projection near the identity
 */
public record FusionConfig(
        List<String> adapters,
        BottleneckPlacement placement,
        Projections projections,
        boolean residualBefore,
        double dropout,
        boolean regularization)
        implements PeftConfig {

    /** The method's name in files. */
    public static final String TYPE = "ADAPTER_FUSION";

    /**
     * Which of query, key and value are projected.
     *
     * @param query whether the query is
     * @param key whether keys are
     * @param value whether values are
     * @param valueInitialized whether the value projection starts as the identity
     */
    public record Projections(boolean query, boolean key, boolean value, boolean valueInitialized) {}

    public FusionConfig {
        adapters = List.copyOf(adapters);
        if (adapters.isEmpty() || adapters.stream().anyMatch(name -> name.isEmpty() || name.contains(","))) {
            throw new IllegalArgumentException("a fusion needs the names of adapters, without commas: " + adapters);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout must be in [0, 1): " + dropout);
        }
    }

    /** Returns AdapterHub's default for some adapters: all projected, regularised. */
    public static FusionConfig dynamic(Adapter... adapters) {
        return of(new Projections(true, true, true, true), true, adapters);
    }

    /** Returns AdapterHub's static fusion: values as they are, which is no regularisation either. */
    public static FusionConfig fixed(Adapter... adapters) {
        return of(new Projections(true, true, false, false), false, adapters);
    }

    private static FusionConfig of(Projections projections, boolean regularization, Adapter... adapters) {
        List<BottleneckPlacement> placements = Stream.of(adapters)
                .map(adapter -> {
                    if (adapter.config() instanceof BottleneckConfig config) {
                        return config.placement();
                    }
                    throw new IllegalArgumentException("a fusion combines bottlenecks, and %s is %s"
                            .formatted(adapter, adapter.config().peftType()));
                })
                .toList();
        if (placements.stream()
                        .map(place -> place.leavingOut(LeaveOut.NONE))
                        .distinct()
                        .count()
                != 1) {
            throw new IllegalArgumentException(
                    "a fusion combines bottlenecks after the same sub-layers: " + placements);
        }
        Set<Integer> none = new TreeSet<>(placements.get(0).leaveOut().layers());
        placements.forEach(place -> none.retainAll(place.leaveOut().layers()));
        BottleneckPlacement placement = placements.get(0).leavingOut(new LeaveOut(List.copyOf(none)));
        List<String> names = Stream.of(adapters).map(Adapter::name).toList();
        if (names.stream().distinct().count() < names.size()) {
            throw new IllegalArgumentException("a fusion needs adapters of different names: " + names);
        }
        return new FusionConfig(names, placement, projections, false, 0, regularization);
    }

    /** Returns the same without some layers. */
    public FusionConfig leavingOut(LeaveOut layers) {
        return new FusionConfig(
                adapters, placement.leavingOut(layers), projections, residualBefore, dropout, regularization);
    }

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public List<String> modulesToSave() {
        return List.of();
    }
}
