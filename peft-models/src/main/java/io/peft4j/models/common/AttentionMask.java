package io.peft4j.models.common;

import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;

/** What is added to attention scores so that padding gets no weight: 0, or the lowest number of the type. */
public final class AttentionMask {

    private static final double LOWEST_FLOAT32 = 3.4028234663852886e38;
    private static final double LOWEST_BFLOAT16 = 3.3895313892515355e38;

    private AttentionMask() {}

    /** Returns [B, 1, 1, S] in {@code dtype} for a mask [B, S] of ones and zeros. */
    public static Tensor ofPadding(Tensor mask, DType dtype) {
        Tensor visible = mask.reshape(mask.dim(0), Dim.of(1), Dim.of(1), mask.dim(1));
        return hide(visible.cast(dtype));
    }

    /** Returns 0 where {@code visible} is 1 and the lowest number of its type where it is 0. */
    public static Tensor hide(Tensor visible) {
        return visible.shift(-1).scale(visible.dtype() == DType.BFLOAT16 ? LOWEST_BFLOAT16 : LOWEST_FLOAT32);
    }

    /** Returns which rows count [B, K + T], those of K learned tokens first, for a mask of texts [B, T]. */
    public static Tensor shown(NetworkRecorder network, Tensor mask) {
        VirtualTokens learned = network.virtualTokens();
        return learned.rows() == 0
                ? mask
                : network.stage("", (m, in) -> learned.extend(in.get(0), learned.rows(), 1), mask);
    }
}
