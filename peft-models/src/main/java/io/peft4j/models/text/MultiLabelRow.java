package io.peft4j.models.text;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A row of classification into any number of labels.
 *
 * @param text the text
 * @param textB the second text of a pair
 * @param labels the names of the classes that it is in, none of them twice
 */
public record MultiLabelRow(String text, @Nullable String textB, Set<String> labels) {

    public MultiLabelRow {
        labels = Set.copyOf(labels);
    }
}
