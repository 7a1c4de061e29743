package io.peft4j.train.metrics;

/**
 * Precision, recall and their harmonic mean F1; a quotient with nothing below the line is 0.
 *
 * @param precision share of the predicted that is right
 * @param recall share of the expected that was found
 * @param f1 2·precision·recall / (precision + recall)
 */
public record Scores(double precision, double recall, double f1) {

    /** Returns the scores of so many right ones among the predicted and the expected. */
    static Scores of(int right, int predicted, int expected) {
        return new Scores(
                quotient(right, predicted),
                quotient(right, expected),
                quotient(2.0 * right, (double) predicted + expected));
    }

    static double quotient(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }
}
