package io.peft4j.models.common;

import io.peft4j.program.Tensor;
import java.util.List;

/**
 * What the attention of a decoder's layer needs beside the hidden states.
 *
 * @param mask what hides keys from queries, [B, 1, (H/K)·T, S]
 * @param turns cos and sin of the positions [1 or B, T, 1, Hd], empty without rotary positions
 */
public record LayerInputs(Tensor mask, List<Tensor> turns) {

    public LayerInputs {
        turns = List.copyOf(turns);
    }
}
