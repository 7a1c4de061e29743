package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Examples that are computed together, padded on the right to the longest of them.
 *
 * @param examples the rows
 * @param padId what fills the end of shorter rows
 */
public record Batch(List<Example> examples, int padId) {

    /** What a batch calls the numbers of its texts' tasks, as Hugging Face PEFT does. */
    public static final String TASKS = "task_ids";

    public Batch {
        examples = examples.stream().flatMap(example -> example.rows().stream()).toList();
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("a batch has at least one example");
        }
    }

    /**
     * Returns a batch of rows of so many tokens that mean nothing: what a step of this size takes can be planned by it.
     *
     * @throws IllegalArgumentException if rows or tokens are not positive, or rows are odd where two make a pair
     */
    public static Batch blank(Task task, int rows, int tokens) {
        boolean pairs = task.type() == TaskType.FEATURE_EXTRACTION;
        if (rows < 1 || tokens < 1 || (pairs && rows % 2 != 0)) {
            throw new IllegalArgumentException("a batch has a positive number of rows%s and tokens: %d and %d"
                    .formatted(pairs ? ", two to a pair," : "", rows, tokens));
        }
        Example text = Example.ofTokens(new int[tokens], new int[tokens], new int[tokens])
                .ofTask(0);
        Example example =
                switch (task.type()) {
                    case FEATURE_EXTRACTION -> Example.ofPair(text, text);
                    case SEQ_CLS ->
                        task.problem() == Task.Problem.SINGLE_LABEL_CLASSIFICATION
                                ? text
                                : Example.ofValues(
                                        new int[tokens],
                                        new int[tokens],
                                        new float[task.labels().size()]);
                    default -> text;
                };
        return new Batch(Collections.nCopies(pairs ? rows / 2 : rows, example), 0);
    }

    /** Returns the number of rows. */
    public int rows() {
        return examples.size();
    }

    /** Returns the number of columns. */
    public int length() {
        return longest(Example::length);
    }

    /** Returns how many labels count for a task behind learned tokens. */
    public int counted(Task task, VirtualTokens learned) {
        int first = Losses.firstPredicted(task, learned);
        return examples.stream().mapToInt(example -> example.counted(first)).sum();
    }

    /** Returns the tensors that a model takes: {@code input_ids}, {@code attention_mask}, {@code token_type_ids}, {@code task_ids}. */
    public Map<String, NDArray> inputs(NDManager owner) {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        inputs.put(
                "input_ids", matrix(owner, padId, (row, i) -> examples.get(row).id(i)));
        inputs.put("attention_mask", matrix(owner, 0, (row, i) -> 1));
        inputs.put(
                "token_type_ids", matrix(owner, 0, (row, i) -> examples.get(row).typeId(i)));
        long[] tasks = examples.stream().mapToLong(Example::task).toArray();
        if (Arrays.stream(tasks).noneMatch(task -> task == Example.NO_TASK)) {
            inputs.put(TASKS, owner.create(tasks, new Shape(rows())));
        }
        return inputs;
    }

    /**
     * Returns the tensors that a model and its loss take: {@link #inputs}, {@code labels}, or {@code anchors} and {@code partners} of
     * pairs, and {@code loss_scale}.
     *
     * @param counted by how many labels the loss is divided
     */
    public Map<String, NDArray> trainingInputs(NDManager owner, Task task, int counted) {
        Map<String, NDArray> inputs = inputs(owner);
        if (task.type() == TaskType.FEATURE_EXTRACTION) {
            inputs.put("anchors", everySecond(owner, 0));
            inputs.put("partners", everySecond(owner, 1));
        } else {
            inputs.put("labels", labels(owner, task));
        }
        inputs.put("loss_scale", owner.create(1f / Math.max(counted, 1)));
        return inputs;
    }

    private NDArray labels(NDManager owner, Task task) {
        return switch (task.type()) {
            case SEQ_CLS ->
                task.problem() == Task.Problem.SINGLE_LABEL_CLASSIFICATION
                        ? owner.create(
                                examples.stream().mapToLong(Example::label).toArray(), new Shape(rows()))
                        : values(owner, task.labels().size());
            case SEQ_2_SEQ_LM ->
                rows(owner, longest(Example::labels), (row, i) -> examples.get(row)
                        .label(i));
            default ->
                matrix(owner, Example.IGNORED, (row, i) -> examples.get(row).label(i));
        };
    }

    private NDArray everySecond(NDManager owner, int first) {
        return owner.create(IntStream.range(0, rows() / 2)
                .mapToLong(pair -> 2L * pair + first)
                .toArray());
    }

    private NDArray values(NDManager owner, int columns) {
        float[] values = new float[rows() * columns];
        for (int row = 0; row < rows(); row++) {
            float[] of = examples.get(row).values();
            if (of.length != columns) {
                throw new IllegalArgumentException(
                        "example %d must have a number for each of %d labels: %d".formatted(row, columns, of.length));
            }
            System.arraycopy(of, 0, values, row * columns, columns);
        }
        return owner.create(values, new Shape(rows(), columns));
    }

    private int longest(ToIntFunction<Example> length) {
        return examples.stream().mapToInt(length).max().orElseThrow();
    }

    /** Returns all that a model sees of the rows; target texts are seen too. */
    byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(4
                + examples.stream()
                        .mapToInt(e -> 8 + 8 * e.length() + 4 * e.labels())
                        .sum());
        bytes.putInt(rows());
        for (Example example : examples) {
            bytes.putInt(example.length());
            for (int i = 0; i < example.length(); i++) {
                bytes.putInt(example.id(i)).putInt(example.typeId(i));
            }
            bytes.putInt(example.labels());
            for (int i = 0; i < example.labels(); i++) {
                bytes.putInt(example.label(i));
            }
        }
        return bytes.array();
    }

    private NDArray matrix(NDManager owner, int padding, IntBinaryOperator value) {
        return rows(owner, length(), (row, i) -> i < examples.get(row).length() ? value.applyAsInt(row, i) : padding);
    }

    private NDArray rows(NDManager owner, int columns, IntBinaryOperator value) {
        long[] values = new long[rows() * columns];
        for (int row = 0; row < rows(); row++) {
            for (int i = 0; i < columns; i++) {
                values[row * columns + i] = value.applyAsInt(row, i);
            }
        }
        return owner.create(values, new Shape(rows(), columns));
    }
}
