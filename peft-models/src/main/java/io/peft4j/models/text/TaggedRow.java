package io.peft4j.models.text;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of token classification.
 *
 * @param tokens the words
 * @param tags one for each word, or none at all if the file has none
 * @param task the number of the task, for adapters that serve several; null if the file has none
 */
public record TaggedRow(List<String> tokens, List<String> tags, @Nullable String task) {

    public TaggedRow {
        tokens = List.copyOf(tokens);
        tags = List.copyOf(tags);
        if (!tags.isEmpty() && tags.size() != tokens.size()) {
            throw new IllegalArgumentException(
                    "%d tokens, %d tags: each token needs one".formatted(tokens.size(), tags.size()));
        }
    }

    /** A text of no task in particular. */
    public TaggedRow(List<String> tokens, List<String> tags) {
        this(tokens, tags, null);
    }
}
