package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;

/**
 * Examples that are computed together, padded on the right to the longest of them.
 *
 * @param examples the rows
 * @param padId what fills the end of shorter rows
 */
public record Batch(List<Example> examples, int padId) {

    public Batch {
        examples = List.copyOf(examples);
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("a batch has at least one example");
        }
    }

    /** Returns the number of rows. */
    public int rows() {
        return examples.size();
    }

    /** Returns the number of columns. */
    public int length() {
        return examples.stream().mapToInt(Example::length).max().orElseThrow();
    }

    /** Returns how many labels count. */
    public int counted() {
        return examples.stream().mapToInt(Example::counted).sum();
    }

    /** Returns the tensors that a model takes: {@code input_ids}, {@code attention_mask}, {@code token_type_ids}. */
    public Map<String, NDArray> inputs(NDManager owner) {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        inputs.put(
                "input_ids", matrix(owner, padId, (row, i) -> examples.get(row).id(i)));
        inputs.put("attention_mask", matrix(owner, 0, (row, i) -> 1));
        inputs.put(
                "token_type_ids", matrix(owner, 0, (row, i) -> examples.get(row).typeId(i)));
        return inputs;
    }

    /**
     * Returns the tensors that a model and its loss take: {@link #inputs}, {@code labels} and {@code loss_scale}.
     *
     * @param counted by how many labels the loss is divided
     */
    public Map<String, NDArray> trainingInputs(NDManager owner, Task task, int counted) {
        Map<String, NDArray> inputs = inputs(owner);
        NDArray labels = task.type() == TaskType.SEQ_CLS
                ? owner.create(examples.stream().mapToLong(Example::label).toArray(), new Shape(rows()))
                : matrix(owner, Example.IGNORED, (row, i) -> examples.get(row).label(i));
        inputs.put("labels", labels);
        inputs.put("loss_scale", owner.create(1f / Math.max(counted, 1)));
        return inputs;
    }

    /** Returns all that a model sees of the rows. */
    byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(
                4 + examples.stream().mapToInt(e -> 4 + 8 * e.length()).sum());
        bytes.putInt(rows());
        for (Example example : examples) {
            bytes.putInt(example.length());
            for (int i = 0; i < example.length(); i++) {
                bytes.putInt(example.id(i)).putInt(example.typeId(i));
            }
        }
        return bytes.array();
    }

    private NDArray matrix(NDManager owner, int padding, IntBinaryOperator value) {
        int columns = length();
        long[] values = new long[rows() * columns];
        for (int row = 0; row < rows(); row++) {
            int length = examples.get(row).length();
            for (int i = 0; i < columns; i++) {
                values[row * columns + i] = i < length ? value.applyAsInt(row, i) : padding;
            }
        }
        return owner.create(values, new Shape(rows(), columns));
    }
}
