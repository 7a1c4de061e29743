package io.peft4j.train.metrics;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How well labelled spans, such as named entities, were found: a span counts only if its borders and its type are right.
 *
 * <p>Spans are read from BIO tags as seqeval reads them by default: {@code B-} starts one, and so does an {@code I-}
 * after {@code O} or after another type.
 *
 * @param micro scores over the spans of all types together; its F1 is what papers report
 * @param macro means over the types, each counting the same
 * @param weighted means over the types, each counting as often as it was expected
 * @param types the types that were expected or predicted, sorted by name
 */
public record SpanF1(Scores micro, Scores macro, Scores weighted, List<LabelScores> types) {

    public SpanF1 {
        types = List.copyOf(types);
    }

    /**
     * Returns the scores of predicted tags.
     *
     * @param expected the tags of each row
     * @param predicted as many tags for as many rows
     * @throws IllegalArgumentException if the shapes differ, there are no rows, or a tag is none of O, B-type and I-type
     */
    public static SpanF1 of(List<List<String>> expected, List<List<String>> predicted) {
        check(expected, predicted);
        SortedMap<String, int[]> counts = new TreeMap<>();
        for (int i = 0; i < expected.size(); i++) {
            List<Span> wanted = spans(expected.get(i), i);
            List<Span> found = spans(predicted.get(i), i);
            Set<Span> right = new HashSet<>(wanted);
            right.retainAll(new HashSet<>(found));
            right.forEach(span -> counts.computeIfAbsent(span.type, type -> new int[3])[0]++);
            found.forEach(span -> counts.computeIfAbsent(span.type, type -> new int[3])[1]++);
            wanted.forEach(span -> counts.computeIfAbsent(span.type, type -> new int[3])[2]++);
        }
        List<LabelScores> types = new ArrayList<>();
        int[] all = new int[3];
        counts.forEach((type, n) -> {
            types.add(new LabelScores(type, Scores.of(n[0], n[1], n[2]), n[2]));
            for (int k = 0; k < all.length; k++) {
                all[k] += n[k];
            }
        });
        return new SpanF1(
                Scores.of(all[0], all[1], all[2]), LabelScores.macro(types), LabelScores.weighted(types), types);
    }

    private static void check(List<List<String>> expected, List<List<String>> predicted) {
        if (expected.size() != predicted.size() || expected.isEmpty()) {
            throw new IllegalArgumentException("as many predicted as expected rows are needed, at least one: "
                    + "%d expected, %d predicted".formatted(expected.size(), predicted.size()));
        }
        for (int i = 0; i < expected.size(); i++) {
            if (expected.get(i).size() != predicted.get(i).size()) {
                throw new IllegalArgumentException("row %d: %d expected tags, %d predicted"
                        .formatted(i, expected.get(i).size(), predicted.get(i).size()));
            }
        }
    }

    private record Span(String type, int from, int to) {}

    private static List<Span> spans(List<String> tags, int row) {
        List<Span> spans = new ArrayList<>();
        String open = null;
        int from = 0;
        for (int i = 0; i <= tags.size(); i++) {
            Tag tag = i < tags.size() ? Tag.parse(tags.get(i), row, i) : Tag.OUTSIDE;
            boolean starts = tag.begins || !Objects.equals(tag.type, open);
            if (open != null && starts) {
                spans.add(new Span(open, from, i));
            }
            from = starts ? i : from;
            open = tag.type;
        }
        return spans;
    }

    /** One tag: the type of the span that it belongs to, null outside, and whether it says that the span begins. */
    private record Tag(@Nullable String type, boolean begins) {

        static final Tag OUTSIDE = new Tag(null, false);

        static Tag parse(String tag, int row, int column) {
            if (tag.equals("O")) {
                return OUTSIDE;
            }
            if (!tag.matches("[BI]-.+")) {
                throw new IllegalArgumentException(
                        "row %d, tag %d: '%s' is none of O, B-type and I-type".formatted(row, column, tag));
            }
            return new Tag(tag.substring(2), tag.startsWith("B"));
        }
    }

    /** Returns the table that seqeval's {@code classification_report} prints. */
    public String table(int digits) {
        int support = types.stream().mapToInt(LabelScores::support).sum();
        return new ScoreTable(digits)
                .labels(types)
                .row("micro avg", micro, support)
                .row("macro avg", macro, support)
                .row("weighted avg", weighted, support)
                .toString();
    }
}
