package io.peft4j.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.train.Batch;
import io.peft4j.train.Losses;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Inputs and expected numbers in one safetensors file. */
final class ParityCase {

    private static final String TASKS = Batch.TASKS;

    /** What a case holds beside expected numbers. */
    private static final Set<String> GIVEN =
            Set.of("input_ids", "attention_mask", "labels", TASKS, "generate_prompt", "generate_margin");

    private static final String INIT = "init.";

    private final Map<String, NDArray> tensors = new LinkedHashMap<>();

    private ParityCase() {}

    static ParityCase read(Path file, NDManager owner) throws IOException {
        ParityCase parity = new ParityCase();
        SafeTensorsFile tensors = SafeTensorsFile.open(file);
        for (TensorInfo info : tensors.tensors()) {
            parity.tensors.put(info.name(), tensors.tensor(owner, info.name()));
        }
        for (String name : List.of("input_ids", "attention_mask")) {
            parity.get(name);
        }
        return parity;
    }

    /**
     * Fails where a token is none of the model's, before anything computes with it.
     *
     * @param vocabulary how many tokens the model knows
     */
    void checkTokens(long vocabulary) {
        NDArray tokens = get("input_ids");
        long[] ids;
        try (NDArray wide = NativeTensors.cast(tokens.getManager(), tokens, DType.INT64)) {
            ids = wide.toLongArray();
        }
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= vocabulary) {
                throw new IllegalArgumentException(
                        "input_ids of the case must be in [0, %d), the model's vocabulary: %d at %d"
                                .formatted(vocabulary, ids[i], i));
            }
        }
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    NDArray get(String name) {
        NDArray tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the case has no %s, only %s".formatted(name, tensors.keySet()));
        }
        return tensor;
    }

    /** Returns the names of the expected numbers. */
    List<String> expected() {
        return tensors.keySet().stream()
                .filter(name -> !GIVEN.contains(name) && !name.startsWith(INIT))
                .sorted()
                .toList();
    }

    /** Returns the names of expected numbers that begin with a prefix, which is left out. */
    List<String> expected(String prefix) {
        return names(prefix);
    }

    /** Returns the parameters whose values the case gives because no file has them. */
    List<String> initialised() {
        return names(INIT);
    }

    /** Returns the value that the case gives to a parameter. */
    NDArray initial(String parameter) {
        return get(INIT + parameter);
    }

    private List<String> names(String prefix) {
        return tensors.keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .sorted()
                .toList();
    }

    /** Returns what a model takes. */
    Map<String, NDArray> inputs() {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        inputs.put("input_ids", get("input_ids"));
        inputs.put("attention_mask", get("attention_mask"));
        inputs.put("token_type_ids", get("input_ids").zerosLike());
        if (has(TASKS)) {
            inputs.put(TASKS, get(TASKS));
        }
        if (has("labels")) {
            NDArray labels = get("labels");
            boolean numbers =
                    labels.getDataType().isFloating() && labels.getShape().dimension() == 1;
            inputs.put("labels", numbers ? labels.expandDims(1) : labels);
        }
        return inputs;
    }

    /** Returns the labels of the text; PEFT leaves it to the caller to put some before them for virtual tokens. */
    private NDArray tokenLabels() {
        NDArray labels = get("labels");
        long before = labels.getShape().get(1) - get("input_ids").getShape().get(1);
        return before > 0 ? labels.get(new NDIndex(":, {}:", before)) : labels;
    }

    /** Returns what a model and its loss take. */
    Map<String, NDArray> trainingInputs(NDManager manager, Task task, VirtualTokens learned) {
        Map<String, NDArray> inputs = inputs();
        checkLabels(task.type());
        NDArray labels = task.type() == TaskType.TOKEN_CLS ? tokenLabels() : inputs.get("labels");
        inputs.put("labels", java.util.Objects.requireNonNull(labels, "the case has no labels"));
        inputs.put("loss_scale", manager.create(1f / Math.max(1, Losses.counted(task, learned, labels))));
        return inputs;
    }

    private void checkLabels(TaskType type) {
        boolean ofTokens = type == TaskType.CAUSAL_LM || type == TaskType.TOKEN_CLS || type == TaskType.SEQ_2_SEQ_LM;
        Shape shape = get("labels").getShape();
        if (ofTokens && shape.dimension() != 2) {
            throw new IllegalArgumentException(
                    "labels of the case must be [rows, tokens] for %s: %s; is it a case of another model?"
                            .formatted(type, shape));
        }
    }
}
