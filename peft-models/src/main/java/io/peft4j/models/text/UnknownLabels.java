package io.peft4j.models.text;

import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Collects labels of rows that a model does not have. */
final class UnknownLabels {

    private static final int LISTED = 20;

    private final List<String> known;
    private final SortedMap<String, Integer> unknown = new TreeMap<>();

    UnknownLabels(List<String> known) {
        this.known = known;
    }

    /** Notes the labels of a row, counted from 0. */
    void add(int row, Collection<String> labels) {
        labels.stream().filter(label -> !known.contains(label)).forEach(label -> unknown.putIfAbsent(label, row + 1));
    }

    /**
     * Ends the collection.
     *
     * @param what to call labels
     * @throws IllegalArgumentException listing the unknown ones with the first row of each
     */
    void check(String what) {
        if (!unknown.isEmpty()) {
            List<String> listed = unknown.entrySet().stream()
                    .limit(LISTED)
                    .map(entry -> "%s (row %d)".formatted(entry.getKey(), entry.getValue()))
                    .toList();
            throw new IllegalArgumentException("%d %s are not among those of the model: %s; it has %s"
                    .formatted(unknown.size(), what, listed, known));
        }
    }
}
