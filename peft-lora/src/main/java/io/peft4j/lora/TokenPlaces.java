package io.peft4j.lora;

import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.model.NoMatchingModuleException;
import io.peft4j.model.TargetModules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds the tables and output layers in which tokens are learned. */
final class TokenPlaces {

    private static final String WEIGHT = ".weight";

    private final BaseModel base;
    private final List<String> problems;
    private final Map<AttachmentPoint, TokenRows> places = new LinkedHashMap<>();

    private TokenPlaces(BaseModel base, List<String> problems) {
        this.base = base;
        this.problems = problems;
    }

    /**
     * Returns what is learned at each place.
     *
     * <p>An output layer that is tied to a table learns with it unless it has other tokens of its own.
     *
     * @param problems where everything that does not fit is noted
     */
    static Map<AttachmentPoint, TokenRows> find(TrainedTokens tokens, BaseModel base, List<String> problems) {
        TokenPlaces found = new TokenPlaces(base, problems);
        tokens.byModule().forEach(found::add);
        List.copyOf(found.places.values()).forEach(found::addTied);
        return found.places;
    }

    private void add(String module, List<Integer> tokens) {
        List<AttachmentPoint> matching = base.attachmentPoints().stream()
                .filter(TokenPlaces::hasRows)
                .filter(point -> module.equals(TrainedTokens.INPUT) || TargetModules.endsWith(point.path(), module))
                .limit(module.equals(TrainedTokens.INPUT) ? 1 : Long.MAX_VALUE)
                .toList();
        if (matching.isEmpty()) {
            List<String> paths = base.attachmentPoints().stream()
                    .filter(TokenPlaces::hasRows)
                    .map(AttachmentPoint::path)
                    .toList();
            String nearest = NoMatchingModuleException.nearest(module, paths);
            problems.add("no table or output layer %s for trained tokens%s"
                    .formatted(module, nearest.isEmpty() ? "" : "; did you mean %s?".formatted(nearest)));
        }
        for (AttachmentPoint point : matching) {
            long rows = point.kind() == AttachmentPoint.Kind.EMBEDDING ? point.in() : point.out();
            List<Integer> outside =
                    tokens.stream().filter(token -> token >= rows).toList();
            if (!outside.isEmpty()) {
                problems.add("trained tokens must be less than %d, the rows of %s: %s"
                        .formatted(rows, point.path(), outside));
            }
            places.put(point, new TokenRows(point.path(), tokens));
        }
    }

    private void addTied(TokenRows rows) {
        base.weights().ties().forEach((tied, stored) -> {
            if (stored.equals(rows.table() + WEIGHT)) {
                base.attachmentPoints().stream()
                        .filter(point -> tied.equals(point.path() + WEIGHT))
                        .filter(point -> !places.containsKey(point)
                                || places.get(point).tokens().equals(rows.tokens()))
                        .forEach(point -> places.put(point, rows));
            }
        });
    }

    /** The model's table of words is the first there is. */
    private static boolean hasRows(AttachmentPoint point) {
        return point.kind() == AttachmentPoint.Kind.EMBEDDING || point.kind() == AttachmentPoint.Kind.LINEAR;
    }
}
