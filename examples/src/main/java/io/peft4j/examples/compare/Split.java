package io.peft4j.examples.compare;

import io.peft4j.models.text.TextRow;
import java.util.List;

/**
 * Rows to train with and rows to measure with.
 *
 * @param train rows to train with
 * @param dev other rows
 */
public record Split(List<TextRow> train, List<TextRow> dev) {

    public Split {
        train = List.copyOf(train);
        dev = List.copyOf(dev);
    }
}
