package io.peft4j.lora;

import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.model.NoMatchingModuleException;
import io.peft4j.model.TargetModules;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Finds the places that a method of this family attaches to, and reports everything that is wrong with them at once. */
final class LowRankTargets {

    /** Notes what is wrong with attaching to a place. */
    interface Check {
        void check(AttachmentPoint point, List<String> problems);

        /** Returns both checks, one after the other. */
        default Check and(Check other) {
            return (point, problems) -> {
                check(point, problems);
                other.check(point, problems);
            };
        }
    }

    /** Finds nothing wrong. */
    static final Check ANY = (point, problems) -> {};

    private LowRankTargets() {}

    /** Returns the linear layers among the targets, by path in the order of the model. */
    static Map<String, AttachmentPoint> linears(
            TargetModules targets, BaseModel base, LoraPatterns patterns, Check check) {
        return linears(targets, base, patterns, check, new ArrayList<>());
    }

    /**
     * Returns the linear layers among the targets, by path in the order of the model.
     *
     * @param problems what is wrong already
     */
    static Map<String, AttachmentPoint> linears(
            TargetModules targets, BaseModel base, LoraPatterns patterns, Check check, List<String> problems) {
        return find(targets, base, patterns, EnumSet.of(AttachmentPoint.Kind.LINEAR), check, problems);
    }

    /**
     * Returns the targets, by path in the order of the model; others than of the given kinds are wrong.
     *
     * @param problems what is wrong already
     */
    static Map<String, AttachmentPoint> find(
            TargetModules targets,
            BaseModel base,
            LoraPatterns patterns,
            Set<AttachmentPoint.Kind> kinds,
            Check check,
            List<String> problems) {
        Map<String, AttachmentPoint> attached = new LinkedHashMap<>();
        for (AttachmentPoint point : targets.resolve(base.attachmentPoints())) {
            if (kinds.contains(point.kind())) {
                check.check(point, problems);
                attached.put(point.path(), point);
            } else {
                problems.add("%s is no %s".formatted(point.path(), describe(kinds)));
            }
        }
        for (String key : patterns.unmatched(List.copyOf(attached.keySet()))) {
            String nearest = NoMatchingModuleException.nearest(key, attached.keySet());
            problems.add("pattern %s matches no adapted module%s"
                    .formatted(key, nearest.isEmpty() ? "" : "; did you mean %s?".formatted(nearest)));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return attached;
    }

    /** Returns an update for each place. */
    static Map<String, LinearUpdate> each(
            Map<String, AttachmentPoint> points, Function<AttachmentPoint, LinearUpdate> update) {
        Map<String, LinearUpdate> updates = new LinkedHashMap<>();
        points.forEach((path, point) -> updates.put(path, update.apply(point)));
        return updates;
    }

    /** Returns the check that no place has trained tokens too. */
    static Check without(Map<AttachmentPoint, TokenRows> tokens) {
        return (point, problems) -> {
            if (tokens.containsKey(point)) {
                problems.add("%s is adapted and has trained tokens; leave out one of both".formatted(point.path()));
            }
        };
    }

    private static String describe(Set<AttachmentPoint.Kind> kinds) {
        return kinds.contains(AttachmentPoint.Kind.EMBEDDING) ? "linear layer and no embedding" : "linear layer";
    }
}
