package io.peft4j.models.text;

import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;

/** The rule that a classifier answers with weights that something has trained. */
final class TrainedHead {

    private TrainedHead() {}

    /**
     * Checks that the base model or an adapter brings a head.
     *
     * @throws IllegalStateException if there is only a new one
     */
    static void check(BaseModel base, Selection selection) {
        boolean head = base.newWeights().isEmpty()
                || selection.adapters().stream()
                        .anyMatch(adapter -> adapter.trainable().names().containsAll(base.newWeights()));
        if (!head) {
            throw new IllegalStateException("%s are new and untrained; pass an adapter that brings a head, or train one"
                    .formatted(base.newWeights()));
        }
    }
}
