package io.peft4j.examples.cli;

import io.peft4j.models.text.TextRow;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** What verbs do with rows of data. */
final class TextRows {

    private TextRows() {}

    /** Returns {@code limit} rows at even distances, or all if there is no limit. */
    static <T> List<T> evenly(List<T> rows, int limit) {
        return limit <= 0 || limit >= rows.size()
                ? rows
                : IntStream.range(0, limit)
                        .mapToObj(i -> rows.get((int) ((long) i * rows.size() / limit)))
                        .toList();
    }

    /** Returns the labels in alphabetical order. */
    static List<String> labels(List<TextRow> rows) {
        return rows.stream()
                .map(TextRow::label)
                .filter(Objects::nonNull)
                .distinct()
                .sorted()
                .toList();
    }
}
