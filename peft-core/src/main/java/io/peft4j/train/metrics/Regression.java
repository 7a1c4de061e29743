package io.peft4j.train.metrics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How well numbers were predicted.
 *
 * @param rows how many rows were scored
 * @param meanSquaredError mean of the squared differences
 * @param pearson linear correlation, in [-1, 1]; NaN if all expected or all predicted numbers are the same
 * @param spearman correlation of the ranks, equal numbers sharing the mean of theirs; NaN as above
 */
public record Regression(int rows, double meanSquaredError, double pearson, double spearman) {

    /**
     * Returns the scores of predictions.
     *
     * @throws IllegalArgumentException if there are fewer than two rows, or the numbers of rows differ
     */
    public static Regression of(double[] expected, double[] predicted) {
        if (expected.length != predicted.length || expected.length < 2) {
            throw new IllegalArgumentException("as many predicted as expected numbers are needed, at least two: "
                    + "%d expected, %d predicted".formatted(expected.length, predicted.length));
        }
        return new Regression(
                expected.length,
                squaredError(expected, predicted) / expected.length,
                correlation(expected, predicted),
                correlation(ranks(expected), ranks(predicted)));
    }

    private static double squaredError(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (x[i] - y[i]) * (x[i] - y[i]);
        }
        return sum;
    }

    private static double correlation(double[] x, double[] y) {
        double meanX = Arrays.stream(x).average().orElseThrow();
        double meanY = Arrays.stream(y).average().orElseThrow();
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - meanX) * (y[i] - meanY);
            xx += (x[i] - meanX) * (x[i] - meanX);
            yy += (y[i] - meanY) * (y[i] - meanY);
        }
        // Rounding can leave a perfect correlation just above 1.
        return Math.max(-1, Math.min(1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
    }

    private static double[] ranks(double[] x) {
        int[] order = IntStream.range(0, x.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> x[i]))
                .mapToInt(i -> i)
                .toArray();
        double[] ranks = new double[x.length];
        for (int from = 0, to; from < x.length; from = to) {
            to = from;
            while (to < x.length && x[order[to]] == x[order[from]]) {
                to++;
            }
            for (int i = from; i < to; i++) {
                ranks[order[i]] = (from + 1 + to) / 2.0;
            }
        }
        return ranks;
    }
}
