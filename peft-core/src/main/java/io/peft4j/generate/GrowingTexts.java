package io.peft4j.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.model.VirtualTokens;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The texts of a batch, and what the calls of a model take to add tokens to them. */
abstract class GrowingTexts {

    private final List<int[]> given;
    private final int padId;
    private final int columns;

    /**
     * Takes what is given.
     *
     * @param given the tokens of each prompt or source
     * @param padId what fills shorter ones
     */
    GrowingTexts(List<int[]> given, int padId) {
        this.given = given;
        this.padId = padId;
        this.columns = given.stream().mapToInt(text -> text.length).max().orElseThrow();
    }

    /** Returns how many tokens each text has at first, padding included. */
    abstract int length();

    /** Returns the tokens that a text has at first. */
    abstract int[] start(int row);

    /** Returns the values of all named sizes of buffers but the capacity. */
    abstract Map<String, Long> sizes();

    /** Returns what the first call takes. */
    abstract Map<String, NDArray> first(NDManager owner);

    /**
     * Returns what a further call takes.
     *
     * @param ids the newest token of each text
     * @param added how many tokens were added so far, the newest among them
     * @param learned the learned tokens, which stand among the others from the first call on
     */
    abstract Map<String, NDArray> next(NDManager owner, long[][] ids, int added, VirtualTokens learned);

    final int rows() {
        return given.size();
    }

    final int columns() {
        return columns;
    }

    final int[] given(int row) {
        return given.get(row);
    }

    /** Returns what is given, each beginning at {@code offset} of as many columns. */
    final long[][] padded(java.util.function.IntUnaryOperator offset) {
        long[][] ids = new long[rows()][columns];
        for (int row = 0; row < ids.length; row++) {
            Arrays.fill(ids[row], padId);
            int[] text = given(row);
            for (int i = 0; i < text.length; i++) {
                ids[row][offset.applyAsInt(row) + i] = text[i];
            }
        }
        return ids;
    }

    static NDArray matrix(NDManager owner, long[][] rows) {
        long[] values = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
        return owner.create(values, new Shape(rows.length, rows[0].length));
    }
}
