package io.peft4j.model;

import java.util.List;
import java.util.Locale;

/**
 * What a model is asked for, with the labels to choose from.
 *
 * @param type the kind of task
 * @param labels the labels in the order of the logits; empty for tasks without
 * @param pooling how one vector comes from the hidden states of a text
 * @param problem what the logits of a text say
 */
public record Task(TaskType type, List<String> labels, Pooling pooling, Problem problem) {

    /** How one vector comes from the hidden states of a text. */
    public enum Pooling {
        /** As the architecture's own head does it: BERT's pooler over {@code [CLS]}, a decoder's last token. */
        MODEL,
        /** The mean over the tokens that are not padding. */
        MEAN,
        /** The sum over the tokens that are not padding, divided by the root of their number. */
        MEAN_SQRT_LENGTH,
        /** The mean over the tokens that are not padding, the n-th counting n times. */
        WEIGHTED_MEAN,
        /** For each feature the largest over the tokens that are not padding. */
        MAX,
        /** The first token. */
        FIRST,
        /** The last token that is not padding. */
        LAST
    }

    /** What the logits of a text say, as Hugging Face's {@code problem_type}. */
    public enum Problem {
        /** Which one of the labels it has: softmax, cross-entropy. */
        SINGLE_LABEL_CLASSIFICATION,
        /** Which of the labels it has, any number of them: sigmoid, binary cross-entropy. */
        MULTI_LABEL_CLASSIFICATION,
        /** A number for each of the labels, mostly one: mean squared error. */
        REGRESSION;

        /** Returns the name in {@code config.json}. */
        public String fileName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Makes a task in which a text has one label at most. */
    public Task(TaskType type, List<String> labels, Pooling pooling) {
        this(type, labels, pooling, Problem.SINGLE_LABEL_CLASSIFICATION);
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
        if (type != TaskType.SEQ_CLS && problem != Problem.SINGLE_LABEL_CLASSIFICATION) {
            throw new IllegalArgumentException("%s is for %s alone: %s".formatted(problem, TaskType.SEQ_CLS, type));
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

    /** Returns the prediction of a target text's tokens from a source text. */
    public static Task sequenceToSequence() {
        return new Task(TaskType.SEQ_2_SEQ_LM, List.of(), Pooling.MODEL);
    }

    /** Returns the computation of hidden states and mean-pooled sentence vectors. */
    public static Task featureExtraction() {
        return new Task(TaskType.FEATURE_EXTRACTION, List.of(), Pooling.MEAN);
    }

    /** Returns the same task with another meaning of its logits. */
    public Task withProblem(Problem other) {
        return new Task(type, labels, pooling, other);
    }

    /** Returns the same task with another pooling. */
    public Task withPooling(Pooling other) {
        return new Task(type, labels, other, problem);
    }
}
