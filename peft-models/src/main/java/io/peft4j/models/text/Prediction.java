package io.peft4j.models.text;

import io.peft4j.model.Logits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a classifier says of a text.
 *
 * @param text the text
 * @param label the most probable label
 * @param score its probability
 * @param scores the probability of every label, in the order of the labels
 */
public record Prediction(String text, String label, double score, Map<String, Double> scores) {

    /**
     * Returns the softmax of logits.
     *
     * @throws ArithmeticException if one is not finite
     */
    static Prediction of(String text, float[] logits, List<String> labels) {
        int best = Logits.largest(logits);
        double largest = logits[best];
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - largest);
        }
        Map<String, Double> scores = new LinkedHashMap<>();
        for (int i = 0; i < logits.length; i++) {
            scores.put(labels.get(i), Math.exp(logits[i] - largest) / sum);
        }
        return new Prediction(text, labels.get(best), 1 / sum, scores);
    }
}
