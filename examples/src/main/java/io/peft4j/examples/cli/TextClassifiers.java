package io.peft4j.examples.cli;

import io.peft4j.adapter.AdapterFolder;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.Task;
import io.peft4j.models.text.TextClassifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Loads classifiers as the options say. */
final class TextClassifiers {

    private TextClassifiers() {}

    /** Loads a base model for some labels; without any, for those of its checkpoint. */
    static TextClassifier load(Path folder, BaseOptions options, List<String> labels, int maxLength)
            throws IOException {
        TextClassifier model = TextClassifier.from(folder)
                .labels(labels)
                .precision(options.dtype())
                .weights(options.weights())
                .device(options.device())
                .seed(options.seed())
                .load();
        return maxLength > 0 ? model.truncatingAt(maxLength) : model;
    }

    /**
     * Returns the labels that adapters were trained for; none if no adapter brings a head.
     *
     * @throws IllegalArgumentException if they were trained for different ones
     */
    static List<String> labels(List<AdapterFolder> adapters) {
        List<List<String>> all = adapters.stream()
                .map(TextClassifiers::labels)
                .filter(labels -> !labels.isEmpty())
                .distinct()
                .toList();
        if (all.size() > 1) {
            throw new IllegalArgumentException("adapters for different labels do not stack: " + all);
        }
        return all.isEmpty() ? List.of() : all.get(0);
    }

    /** Returns the labels of an adapter; numbered ones if its files have no names. */
    private static List<String> labels(AdapterFolder adapter) {
        if (!adapter.labels().isEmpty()) {
            return adapter.labels();
        }
        long count = adapter.tensors().stream()
                .filter(info -> info.name().matches(".*(classifier|score|classification_head)(\\.out_proj)?\\.weight"))
                .map(TensorInfo::shape)
                .mapToLong(shape -> shape.get(0))
                .findFirst()
                .orElse(0);
        return IntStream.range(0, Math.toIntExact(count))
                .mapToObj(i -> "LABEL_" + i)
                .toList();
    }

    /** Returns what the logits of adapters with these labels mean; without a word on it, one alone stands for a number. */
    static Task.Problem problem(List<AdapterFolder> folders, List<String> labels) {
        return folders.stream()
                .flatMap(files -> files.problem().stream())
                .findFirst()
                .orElse(labels.size() == 1 ? Task.Problem.REGRESSION : Task.Problem.SINGLE_LABEL_CLASSIFICATION);
    }
}
