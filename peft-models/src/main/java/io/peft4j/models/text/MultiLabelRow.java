package io.peft4j.models.text;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A row of classification into any number of labels.
 *
 * @param text the text
 * @param textB the second text of a pair
 * @param labels the names of the classes that it is in, none of them twice
 * @param task the number of the task, for adapters that serve several; null if the file has none
 */
public record MultiLabelRow(String text, @Nullable String textB, Set<String> labels, @Nullable String task) {

    public MultiLabelRow {
        labels = Set.copyOf(labels);
    }

    /** A text, or a pair of texts, of no task in particular. */
    public MultiLabelRow(String text, @Nullable String textB, Set<String> labels) {
        this(text, textB, labels, null);
    }
}
