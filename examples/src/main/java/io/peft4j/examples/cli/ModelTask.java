package io.peft4j.examples.cli;

import io.peft4j.adapter.AdapterFolder;
import io.peft4j.io.PythonJson;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a base model with adapters is asked for: what the adapters were trained for, or else what the base was saved for.
 *
 * @param type the kind of task
 * @param labels the labels that the adapters bring a head for, empty if they bring none
 * @param problem what the logits of that head mean for a text
 */
record ModelTask(TaskType type, List<String> labels, Task.Problem problem) {

    /**
     * Returns the task of folders.
     *
     * @throws IllegalArgumentException if the adapters were trained for different tasks or labels
     */
    static ModelTask of(Path base, List<AdapterFolder> adapters) throws IOException {
        List<TaskType> trained = adapters.stream()
                .flatMap(adapter -> adapter.taskType().stream())
                .distinct()
                .toList();
        if (trained.size() > 1) {
            throw new IllegalArgumentException("adapters for different tasks do not stack: " + trained);
        }
        List<String> labels = TextClassifiers.labels(adapters);
        TaskType saved = saved(base);
        TaskType untold = labels.isEmpty() || saved == TaskType.TOKEN_CLS ? saved : TaskType.SEQ_CLS;
        return new ModelTask(
                trained.isEmpty() ? untold : trained.get(0), labels, TextClassifiers.problem(adapters, labels));
    }

    /** Returns the task whose head the adapters bring, if they bring one. */
    Optional<Task> withHead() {
        if (labels.isEmpty()) {
            return Optional.empty();
        }
        return switch (type) {
            case SEQ_CLS -> Optional.of(Task.sequenceClassification(labels).withProblem(problem));
            case TOKEN_CLS -> Optional.of(Task.tokenClassification(labels));
            default -> Optional.empty();
        };
    }

    private static TaskType saved(Path folder) throws IOException {
        Path file = folder.resolve("config.json");
        String name = new ModelConfig(PythonJson.read(file), file.toString()).className();
        if (name.endsWith("ForSequenceClassification")) {
            return TaskType.SEQ_CLS;
        } else if (name.endsWith("ForTokenClassification")) {
            return TaskType.TOKEN_CLS;
        } else if (name.endsWith("ForCausalLM") || name.endsWith("LMHeadModel")) {
            return TaskType.CAUSAL_LM;
        }
        return name.endsWith("ForConditionalGeneration") ? TaskType.SEQ_2_SEQ_LM : TaskType.FEATURE_EXTRACTION;
    }
}
