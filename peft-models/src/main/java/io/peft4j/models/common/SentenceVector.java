package io.peft4j.models.common;

import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.Task;
import io.peft4j.program.Activation;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/** One vector for a text from the hidden states of its tokens. */
public final class SentenceVector {

    private SentenceVector() {}

    /** Names the results of a model without a head: {@code hidden} and {@code vector}, which has length 1. */
    public static void record(NetworkRecorder network, Task task, Tensor hidden, Tensor mask) {
        network.output("hidden", hidden);
        network.output(
                "vector",
                network.stage("", (m, in) -> normalize(pool(task.pooling(), in.get(0), in.get(1))), hidden, mask));
    }

    /** Returns one row of each text's hidden states: [B, T, D] and the mask [B, T] give [B, D]. */
    public static Tensor pool(Task.Pooling pooling, Tensor hidden, Tensor mask) {
        return switch (pooling) {
            case MODEL, MEAN -> mean(hidden, mask);
            case FIRST -> hidden.slice(1, Dim.of(0), Dim.of(1)).reshape(hidden.dim(0), hidden.dim(2));
            case LAST ->
                hidden.reshape(hidden.dim(0).times(hidden.dim(1)), hidden.dim(2))
                        .embedding(mask.lastOnes());
        };
    }

    private static Tensor mean(Tensor hidden, Tensor mask) {
        Tensor shown = mask.reshape(mask.dim(0), mask.dim(1), Dim.of(1)).cast(hidden.dtype());
        Dim one = Dim.of(1);
        Tensor sum = hidden.multiply(shown).sumTo(List.of(hidden.dim(0), one, hidden.dim(2)));
        Tensor count = shown.sumTo(List.of(mask.dim(0), one, one));
        return sum.divide(count).reshape(hidden.dim(0), hidden.dim(2));
    }

    /** Returns x/‖x‖ for each row, in FLOAT32. */
    private static Tensor normalize(Tensor x) {
        Tensor wide = x.cast(DType.FLOAT32);
        Tensor squares = wide.multiply(wide).sumTo(List.of(x.dim(0), Dim.of(1)));
        return wide.divide(squares.activation(Activation.SQRT));
    }
}
