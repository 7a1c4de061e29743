package io.peft4j.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.VirtualTokens;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Prompts that a decoder continues, padded on the left. */
final class ContinuedTexts extends GrowingTexts {

    ContinuedTexts(List<int[]> prompts, int padId) {
        super(prompts, padId);
    }

    @Override
    int length() {
        return columns();
    }

    @Override
    int[] start(int row) {
        return given(row);
    }

    @Override
    Map<String, Long> sizes() {
        return Map.of("B", (long) rows());
    }

    @Override
    Map<String, NDArray> first(NDManager owner) {
        return inputs(owner, padded(this::padding), shown(0));
    }

    @Override
    Map<String, NDArray> next(NDManager owner, long[][] ids, int added, VirtualTokens learned) {
        return inputs(owner, ids, withLearned(shown(added), learned));
    }

    private static Map<String, NDArray> inputs(NDManager owner, long[][] ids, long[][] shown) {
        return Map.of("input_ids", matrix(owner, ids), "attention_mask", matrix(owner, shown));
    }

    private static long[][] withLearned(long[][] shown, VirtualTokens learned) {
        int start = learned.placement() == VirtualTokens.Placement.FIRST ? 0 : 1;
        long[][] all = new long[shown.length][];
        for (int row = 0; row < all.length; row++) {
            all[row] = Arrays.copyOf(shown[row], shown[row].length + learned.rows());
            System.arraycopy(shown[row], start, all[row], start + learned.rows(), shown[row].length - start);
            Arrays.fill(all[row], start, start + learned.rows(), 1);
        }
        return all;
    }

    private int padding(int row) {
        return columns() - given(row).length;
    }

    /** Returns which of the tokens are no padding, when so many are new. */
    private long[][] shown(int added) {
        long[][] shown = new long[rows()][columns() + added];
        for (int row = 0; row < shown.length; row++) {
            Arrays.fill(shown[row], padding(row), shown[row].length, 1);
        }
        return shown;
    }
}
