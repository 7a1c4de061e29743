package io.peft4j.models.text;

import java.util.Map;

/**
 * What a classifier says of a text.
 *
 * @param text the text
 * @param label the most probable label
 * @param score its probability
 * @param scores the probability of every label, in the order of the labels
 */
public record Prediction(String text, String label, double score, Map<String, Double> scores) {}
