package io.peft4j.models.text;

import io.peft4j.model.Logits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which labels a classifier gives a text.
 *
 * @param text the text
 * @param labels those with a probability above one half
 * @param scores the probability of every label, in the order of the labels
 */
public record LabelSet(String text, List<String> labels, Map<String, Double> scores) {

    public LabelSet {
        labels = List.copyOf(labels);
    }

    /**
     * Returns the sigmoid of logits.
     *
     * @throws ArithmeticException if one is not finite
     */
    static LabelSet of(String text, float[] logits, List<String> names) {
        Logits.largest(logits); // Refuses those that are not finite.
        List<String> labels = new ArrayList<>();
        Map<String, Double> scores = new LinkedHashMap<>();
        for (int i = 0; i < logits.length; i++) {
            scores.put(names.get(i), 1 / (1 + Math.exp(-logits[i])));
            if (logits[i] > 0) {
                labels.add(names.get(i));
            }
        }
        return new LabelSet(text, labels, scores);
    }
}
