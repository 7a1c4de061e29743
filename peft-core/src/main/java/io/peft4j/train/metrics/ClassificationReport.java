package io.peft4j.train.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * How well one label out of several was predicted for each row.
 *
 * <p>Labels that were neither expected nor predicted are left out, as scikit-learn does: they count in no average.
 *
 * @param rows how many rows were scored
 * @param accuracy share of rows with the right label; precision, recall and F1 over all rows together (micro) are the
 *     same number, as each row has one expected and one predicted label
 * @param macro means over the labels, each counting the same
 * @param weighted means over the labels, each counting as often as it was expected
 * @param matthews Matthews' correlation for any number of labels, in [-1, 1], 0 where it is undefined
 * @param labels the labels that occur, in the order of their names as given
 */
public record ClassificationReport(
        int rows, double accuracy, Scores macro, Scores weighted, double matthews, List<LabelScores> labels) {

    public ClassificationReport {
        labels = List.copyOf(labels);
    }

    /**
     * Returns the report of predictions.
     *
     * @param expected for each row the index of its label in {@code names}
     * @param predicted for each row the index of the label that was predicted
     * @throws IllegalArgumentException if there are no rows, the numbers of rows differ, or an index is no label
     */
    public static ClassificationReport of(int[] expected, int[] predicted, List<String> names) {
        check(expected, predicted, names.size());
        int[] support = new int[names.size()];
        int[] claimed = new int[names.size()];
        int[] right = new int[names.size()];
        for (int i = 0; i < expected.length; i++) {
            support[expected[i]]++;
            claimed[predicted[i]]++;
            right[expected[i]] += expected[i] == predicted[i] ? 1 : 0;
        }
        List<LabelScores> labels = new ArrayList<>();
        int hits = 0;
        for (int k = 0; k < names.size(); k++) {
            hits += right[k];
            if (support[k] + claimed[k] > 0) {
                labels.add(new LabelScores(names.get(k), Scores.of(right[k], claimed[k], support[k]), support[k]));
            }
        }
        return new ClassificationReport(
                expected.length,
                (double) hits / expected.length,
                LabelScores.macro(labels),
                LabelScores.weighted(labels),
                matthews(hits, expected.length, support, claimed),
                labels);
    }

    private static void check(int[] expected, int[] predicted, int labels) {
        if (expected.length != predicted.length || expected.length == 0) {
            throw new IllegalArgumentException("as many predicted as expected labels are needed, at least one: "
                    + "%d expected, %d predicted".formatted(expected.length, predicted.length));
        }
        for (int i = 0; i < expected.length; i++) {
            if (Math.min(expected[i], predicted[i]) < 0 || Math.max(expected[i], predicted[i]) >= labels) {
                throw new IllegalArgumentException("row %d: expected %d, predicted %d; labels are 0 to %d"
                        .formatted(i, expected[i], predicted[i], labels - 1));
            }
        }
    }

    /** Gorodkin's R_K: the correlation of the indicator matrices of the expected and the predicted labels. */
    private static double matthews(int hits, int rows, int[] support, int[] claimed) {
        double both = (double) hits * rows;
        double expected = (double) rows * rows;
        double predicted = (double) rows * rows;
        for (int k = 0; k < support.length; k++) {
            both -= (double) support[k] * claimed[k];
            expected -= (double) support[k] * support[k];
            predicted -= (double) claimed[k] * claimed[k];
        }
        return Scores.quotient(both, Math.sqrt(expected * predicted));
    }

    /** Returns the mean of the labels' F1. */
    public double macroF1() {
        return macro.f1();
    }

    /** Returns the table that scikit-learn's {@code classification_report} prints. */
    public String table(int digits) {
        return new ScoreTable(digits)
                .labels(labels)
                .single("accuracy", accuracy, rows)
                .row("macro avg", macro, rows)
                .row("weighted avg", weighted, rows)
                .toString();
    }
}
