package io.peft4j.models.text;

/**
 * The number that a regressor gives a text.
 *
 * @param text the text
 * @param value the number
 */
public record Estimate(String text, double value) {}
