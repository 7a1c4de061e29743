package io.peft4j.models.text;

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

    /** Returns the softmax of logits. */
    static Prediction of(String text, float[] logits, List<String> labels) {
        double largest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - largest);
        }
        Map<String, Double> scores = new LinkedHashMap<>();
        String best = labels.get(0);
        for (int i = 0; i < logits.length; i++) {
            scores.put(labels.get(i), Math.exp(logits[i] - largest) / sum);
            best = logits[i] == largest ? labels.get(i) : best;
        }
        return new Prediction(text, best, scores.getOrDefault(best, 0.0), scores);
    }
}
