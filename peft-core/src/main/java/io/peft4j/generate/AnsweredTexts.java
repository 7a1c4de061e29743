package io.peft4j.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.VirtualTokens;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Texts that an encoder-decoder writes from a start token on while it reads sources, which are padded on the right. */
final class AnsweredTexts extends GrowingTexts {

    private final int startId;

    AnsweredTexts(List<int[]> sources, int padId, int startId) {
        super(sources, padId);
        this.startId = startId;
    }

    @Override
    int length() {
        return 1;
    }

    @Override
    int[] start(int row) {
        return new int[] {startId};
    }

    @Override
    Map<String, Long> sizes() {
        return Map.of("B", (long) rows(), "T", (long) columns());
    }

    @Override
    Map<String, NDArray> first(NDManager owner) {
        long[][] start = new long[rows()][1];
        for (long[] row : start) {
            row[0] = startId;
        }
        return inputs(owner, start, 0);
    }

    @Override
    Map<String, NDArray> next(NDManager owner, long[][] ids, int added, VirtualTokens learned) {
        return inputs(owner, ids, added);
    }

    private Map<String, NDArray> inputs(NDManager owner, long[][] ids, int added) {
        long[][] shown = new long[rows()][1 + added];
        for (long[] row : shown) {
            Arrays.fill(row, 1);
        }
        return Map.of(
                "input_ids", matrix(owner, padded(row -> 0)),
                "attention_mask", matrix(owner, sourceMask()),
                "decoder_input_ids", matrix(owner, ids),
                "decoder_attention_mask", matrix(owner, shown));
    }

    private long[][] sourceMask() {
        long[][] shown = new long[rows()][columns()];
        for (int row = 0; row < shown.length; row++) {
            Arrays.fill(shown[row], 0, given(row).length, 1);
        }
        return shown;
    }
}
