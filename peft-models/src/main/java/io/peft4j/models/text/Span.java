package io.peft4j.models.text;

/**
 * A stretch of a string, as {@link String#substring(int, int)} takes it.
 *
 * @param start its first char
 * @param end the char after its last
 */
public record Span(int start, int end) {}
