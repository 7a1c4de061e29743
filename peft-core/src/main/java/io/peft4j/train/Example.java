package io.peft4j.train;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tokenised text and what is expected of it. */
public final class Example {

    /** Marks a position that does not count. */
    public static final int IGNORED = -100;

    /** No task in particular. */
    static final int NO_TASK = -1;

    private final int[] ids;
    private final int[] typeIds;
    private final int[] labels;
    private final float[] values;
    private final @Nullable Example partner;
    private final int task;

    private Example(int[] ids, int[] typeIds, int[] labels, float[] values, @Nullable Example partner) {
        this(ids, typeIds, labels, values, partner, NO_TASK);
    }

    private Example(int[] ids, int[] typeIds, int[] labels, float[] values, @Nullable Example partner, int task) {
        this.task = task;
        this.ids = ids;
        this.typeIds = typeIds;
        this.labels = labels;
        this.values = values;
        this.partner = partner;
    }

    /** Returns an example of a text with one label; {@link #IGNORED} if it has none. */
    public static Example of(int[] ids, int[] typeIds, int label) {
        return of(ids, typeIds, new int[] {label});
    }

    /** Returns an example of a text with a number for each output: 1 or 0 for labels it has or has not, or any number. */
    public static Example ofValues(int[] ids, int[] typeIds, float... values) {
        Example text = of(ids, typeIds, IGNORED);
        return new Example(text.ids, text.typeIds, text.labels, values.clone(), null);
    }

    /** Returns an example of two texts that belong together; in a batch they are two rows, one behind the other. */
    public static Example ofPair(Example anchor, Example partner) {
        return new Example(anchor.ids, anchor.typeIds, new int[] {0}, new float[0], partner);
    }

    /** Returns an example of a source text and the tokens of the target text, to which an end belongs. */
    public static Example ofTarget(int[] ids, int[] target) {
        return of(ids, new int[ids.length], target);
    }

    /** Returns an example with a label per token, the last of which may be left out. */
    public static Example ofTokens(int[] ids, int[] typeIds, int[] labels) {
        if (labels.length > ids.length) {
            throw new IllegalArgumentException(
                    "there are %d labels for %d tokens".formatted(labels.length, ids.length));
        }
        return of(ids, typeIds, labels);
    }

    private static Example of(int[] ids, int[] typeIds, int[] labels) {
        if (ids.length == 0 || ids.length != typeIds.length) {
            throw new IllegalArgumentException("an example has as many types as ids, at least one: %d and %d"
                    .formatted(typeIds.length, ids.length));
        }
        if (Arrays.stream(ids).anyMatch(id -> id < 0)) {
            throw new IllegalArgumentException("tokens are at least 0: %s".formatted(Arrays.toString(ids)));
        }
        return new Example(ids.clone(), typeIds.clone(), labels.clone(), new float[0], null);
    }

    /**
     * Returns the same example as one of several tasks that are trained together.
     *
     * @param number of the task, counted from 0
     */
    public Example ofTask(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("tasks are counted from 0: " + number);
        }
        return new Example(ids, typeIds, labels, values, partner, number);
    }

    /** Returns the number of the task, negative for none in particular. */
    int task() {
        return task;
    }

    /** Returns the number of tokens. */
    public int length() {
        return ids.length;
    }

    int id(int position) {
        return ids[position];
    }

    int typeId(int position) {
        return typeIds[position];
    }

    int label(int position) {
        return position < labels.length ? labels[position] : IGNORED;
    }

    /** Returns the label of the text. */
    public int label() {
        return labels[0];
    }

    /** Returns the rows that this is in a batch. */
    List<Example> rows() {
        return partner == null
                ? List.of(this)
                : List.of(
                        new Example(ids, typeIds, labels, values, null, task),
                        new Example(partner.ids, partner.typeIds, partner.labels, partner.values, null, task));
    }

    /** Returns the numbers of the text, none if it has labels instead. */
    public float[] values() {
        return values.clone();
    }

    /** Returns how many labels there are. */
    int labels() {
        return labels.length;
    }

    /**
     * Returns how many labels count.
     *
     * @param first the first that is predicted
     */
    int counted(int first) {
        return values.length > 0
                ? values.length
                : (int) Arrays.stream(labels)
                        .skip(first)
                        .filter(label -> label != IGNORED)
                        .count();
    }
}
