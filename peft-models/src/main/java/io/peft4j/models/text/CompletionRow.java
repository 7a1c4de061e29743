package io.peft4j.models.text;

/**
 * A row of text generation.
 *
 * @param prompt what is given, empty for plain text
 * @param completion what is to be generated
 */
public record CompletionRow(String prompt, String completion) {}
