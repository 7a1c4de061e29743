package io.peft4j.models.text;

/**
 * What a model wrote.
 *
 * @param prompt what it continued
 * @param text what it added, without the token that ends a text
 * @param tokens how many tokens it added, that one among them
 */
public record GeneratedText(String prompt, String text, int tokens) {}
