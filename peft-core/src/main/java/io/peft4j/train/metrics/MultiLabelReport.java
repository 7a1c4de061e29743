package io.peft4j.train.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How well any number of labels was predicted for each row.
 *
 * @param rows how many rows were scored
 * @param accuracy share of rows whose labels are all right, scikit-learn's subset accuracy
 * @param micro over all decisions together
 * @param macro means over the labels, each counting the same
 * @param weighted means over the labels, each counting as often as it was expected
 * @param labels all labels in the order of their names as given
 */
public record MultiLabelReport(
        int rows, double accuracy, Scores micro, Scores macro, Scores weighted, List<LabelScores> labels) {

    public MultiLabelReport {
        labels = List.copyOf(labels);
    }

    /**
     * Returns the report of predictions.
     *
     * @param expected for each row and each of the {@code names} whether the row has the label
     * @param predicted whether that was predicted
     * @throws IllegalArgumentException if there are no rows, or the numbers of rows or labels differ
     */
    public static MultiLabelReport of(boolean[][] expected, boolean[][] predicted, List<String> names) {
        int n = names.size();
        if (expected.length != predicted.length || expected.length == 0) {
            throw new IllegalArgumentException("as many predicted as expected rows are needed, at least one: "
                    + "%d expected, %d predicted".formatted(expected.length, predicted.length));
        }
        int[] right = new int[n];
        int[] claimed = new int[n];
        int[] support = new int[n];
        int hits = 0;
        for (int row = 0; row < expected.length; row++) {
            if (expected[row].length != n || predicted[row].length != n) {
                throw new IllegalArgumentException("row %d: %d expected, %d predicted; there are %d labels"
                        .formatted(row, expected[row].length, predicted[row].length, n));
            }
            hits += Arrays.equals(expected[row], predicted[row]) ? 1 : 0;
            for (int k = 0; k < n; k++) {
                right[k] += expected[row][k] && predicted[row][k] ? 1 : 0;
                claimed[k] += predicted[row][k] ? 1 : 0;
                support[k] += expected[row][k] ? 1 : 0;
            }
        }
        List<LabelScores> labels = new ArrayList<>();
        for (int k = 0; k < n; k++) {
            labels.add(new LabelScores(names.get(k), Scores.of(right[k], claimed[k], support[k]), support[k]));
        }
        return new MultiLabelReport(
                expected.length,
                (double) hits / expected.length,
                Scores.of(sum(right), sum(claimed), sum(support)),
                LabelScores.macro(labels),
                LabelScores.weighted(labels),
                labels);
    }

    private static int sum(int[] counts) {
        return Arrays.stream(counts).sum();
    }

    /** Returns a table of the labels and averages. */
    public String table(int digits) {
        int support = labels.stream().mapToInt(LabelScores::support).sum();
        return new ScoreTable(digits)
                .labels(labels)
                .single("exact match", accuracy, rows)
                .row("micro avg", micro, support)
                .row("macro avg", macro, support)
                .row("weighted avg", weighted, support)
                .toString();
    }
}
