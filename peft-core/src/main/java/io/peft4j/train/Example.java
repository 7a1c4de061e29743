package io.peft4j.train;

import java.util.Arrays;

/** A tokenised text and what is expected of it. */
public final class Example {

    /** Marks a position that does not count. */
    public static final int IGNORED = -100;

    private final int[] ids;
    private final int[] typeIds;
    private final int[] labels;

    private Example(int[] ids, int[] typeIds, int[] labels) {
        this.ids = ids;
        this.typeIds = typeIds;
        this.labels = labels;
    }

    /** Returns an example of a text with one label; {@link #IGNORED} if it has none. */
    public static Example of(int[] ids, int[] typeIds, int label) {
        return ofTokens(ids, typeIds, new int[] {label});
    }

    /** Returns an example with a label per token. */
    public static Example ofTokens(int[] ids, int[] typeIds, int[] labels) {
        if (ids.length == 0 || ids.length != typeIds.length) {
            throw new IllegalArgumentException("an example has as many types as ids, at least one: %d and %d"
                    .formatted(typeIds.length, ids.length));
        }
        return new Example(ids.clone(), typeIds.clone(), labels.clone());
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

    /** Returns how many labels count. */
    int counted() {
        return (int) Arrays.stream(labels).filter(label -> label != IGNORED).count();
    }
}
