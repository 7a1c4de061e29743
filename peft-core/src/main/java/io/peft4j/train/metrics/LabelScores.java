package io.peft4j.train.metrics;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How one label was predicted.
 *
 * @param label its name
 * @param scores its precision, recall and F1
 * @param support how often it was expected
 */
public record LabelScores(String label, Scores scores, int support) {

    /** Returns the means over the labels, each counting the same. */
    static Scores macro(List<LabelScores> labels) {
        return mean(labels, label -> 1);
    }

    /** Returns the means over the labels, each counting as often as it was expected. */
    static Scores weighted(List<LabelScores> labels) {
        return mean(labels, LabelScores::support);
    }

    private static Scores mean(List<LabelScores> labels, ToDoubleFunction<LabelScores> weight) {
        double precision = 0;
        double recall = 0;
        double f1 = 0;
        double total = 0;
        for (LabelScores label : labels) {
            double w = weight.applyAsDouble(label);
            precision += w * label.scores.precision();
            recall += w * label.scores.recall();
            f1 += w * label.scores.f1();
            total += w;
        }
        return new Scores(
                Scores.quotient(precision, total), Scores.quotient(recall, total), Scores.quotient(f1, total));
    }
}
