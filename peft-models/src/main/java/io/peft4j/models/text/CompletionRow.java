package io.peft4j.models.text;

import org.jspecify.annotations.Nullable;

/**
 * A row of text generation.
 *
 * @param prompt what is given, empty for plain text
 * @param completion what is to be generated
 * @param task the number of the task, for adapters that serve several; null if the file has none
 */
public record CompletionRow(String prompt, String completion, @Nullable String task) {

    /** A text of no task in particular. */
    public CompletionRow(String prompt, String completion) {
        this(prompt, completion, null);
    }
}
