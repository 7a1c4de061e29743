package io.peft4j.models.text;

import org.jspecify.annotations.Nullable;

/**
 * A row of text classification or regression.
 *
 * @param text the text
 * @param textB the second text of a pair
 * @param label the name of the class, or a number; null if the file has none
 * @param task the number of the task, for adapters that serve several; null if the file has none
 */
public record TextRow(String text, @Nullable String textB, @Nullable String label, @Nullable String task) {

    /** A text, or a pair of texts, of no task in particular. */
    public TextRow(String text, @Nullable String textB, @Nullable String label) {
        this(text, textB, label, null);
    }

    /** A text without a label. */
    public TextRow(String text) {
        this(text, null, null);
    }

    /** A labelled text. */
    public TextRow(String text, String label) {
        this(text, null, label);
    }
}
