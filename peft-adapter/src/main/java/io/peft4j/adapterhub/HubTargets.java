package io.peft4j.adapterhub;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapterhub.HubLoraConfig.Places;
import io.peft4j.bottleneck.LeaveOut;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TargetModules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Linears of a model, by path as in Hugging Face PEFT and by role as in AdapterHub. */
final class HubTargets {

    private HubTargets() {}

    /**
     * Returns the places of the linears that an adapter changes.
     *
     * @throws IllegalArgumentException listing linears without a role, and others that the places would mean too
     */
    static Places places(Set<String> paths, Adapter adapter, BaseModel base) {
        List<String> problems = new ArrayList<>();
        Set<HubRole> roles = new TreeSet<>();
        Set<Integer> layers = new TreeSet<>();
        for (String path : paths) {
            HubRole.of(path).ifPresentOrElse(roles::add, () -> problems.add(path + " has no role in AdapterHub"));
            TargetModules.layerOf(path).ifPresent(layers::add);
        }
        List<String> matrices = roles.contains(HubRole.QKV)
                ? HubRole.MATRICES
                : roles.stream()
                        .map(HubRole::matrix)
                        .filter(HubRole.MATRICES::contains)
                        .toList();
        List<Integer> others = IntStream.range(0, base.architecture().layers())
                .filter(layer -> !layers.contains(layer))
                .boxed()
                .toList();
        Places places = new Places(
                !matrices.isEmpty(),
                roles.contains(HubRole.INTERMEDIATE),
                roles.contains(HubRole.OUTPUT),
                matrices,
                new LeaveOut(others));
        Set<String> more = new TreeSet<>(adapted(places, base).keySet());
        more.removeAll(paths);
        more.forEach(path -> problems.add("AdapterHub would adapt " + path + " too"));
        if (!problems.isEmpty()) {
            throw HubConversion.refused(adapter, String.join("; ", problems));
        }
        return places;
    }

    /** Returns the linears that places mean, and which parts of their outputs. */
    static Map<String, List<Boolean>> adapted(Places places, BaseModel base) {
        Map<String, List<Boolean>> adapted = new LinkedHashMap<>();
        for (AttachmentPoint point : base.attachmentPoints()) {
            List<Boolean> parts = point.kind() == AttachmentPoint.Kind.LINEAR && !point.head()
                    ? HubRole.adapted(places, point.path())
                    : List.of();
            if (parts.contains(true)) {
                adapted.put(point.path(), parts);
            }
        }
        return adapted;
    }

    /** Returns targets that mean exactly some linears: by the ends of their paths if these mean no others. */
    static TargetModules targets(Set<String> paths, BaseModel base) {
        List<String> ends =
                paths.stream().map(HubTargets::lastName).distinct().sorted().toList();
        long meant = TargetModules.of(ends).resolve(base.attachmentPoints()).size();
        return meant == paths.size() ? TargetModules.of(ends) : TargetModules.of(List.copyOf(paths));
    }

    static String lastName(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
