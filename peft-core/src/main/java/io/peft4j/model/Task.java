package io.peft4j.model;

import java.util.List;

/**
 * What a model is asked for, with the labels to choose from.
 *
 * @param type the kind of task
 * @param labels the labels in the order of the logits; empty for tasks without
 * @param pooling how one vector comes from the hidden states of a text
 */
public record Task(TaskType type, List<String> labels, Pooling pooling) {

    /** How one vector comes from the hidden states of a text. */
    public enum Pooling {
        /** As the architecture's own head does it: BERT's pooler over {@code [CLS]}, a decoder's last token. */
        MODEL,
        /** The mean over the tokens that are not padding. */
        MEAN
    }

    public Task {
        labels = List.copyOf(labels);
        boolean classifies = type == TaskType.SEQ_CLS || type == TaskType.TOKEN_CLS;
        if (classifies == labels.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s takes %s: %s".formatted(type, classifies ? "at least one label" : "no labels", labels));
        }
        if (labels.stream().distinct().count() < labels.size()) {
            throw new IllegalArgumentException("labels repeat: " + labels);
        }
    }

    /** Returns the classification of texts. */
    public static Task sequenceClassification(List<String> labels) {
        return new Task(TaskType.SEQ_CLS, labels, Pooling.MODEL);
    }

    /** Returns the classification of tokens. */
    public static Task tokenClassification(List<String> labels) {
        return new Task(TaskType.TOKEN_CLS, labels, Pooling.MODEL);
    }

    /** Returns the prediction of each next token. */
    public static Task causalLanguageModelling() {
        return new Task(TaskType.CAUSAL_LM, List.of(), Pooling.MODEL);
    }

    /** Returns the computation of hidden states and mean-pooled sentence vectors. */
    public static Task featureExtraction() {
        return new Task(TaskType.FEATURE_EXTRACTION, List.of(), Pooling.MEAN);
    }

    /** Returns the same task with another pooling. */
    public Task withPooling(Pooling other) {
        return new Task(type, labels, other);
    }
}
