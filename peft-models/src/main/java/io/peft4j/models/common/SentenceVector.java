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

    /** What padding is below any hidden state. */
    private static final double PADDING = 1e30;

    private SentenceVector() {}

    /**
     * Names the results of a model without a head: {@code hidden}, {@code pooled} and {@code vector}, which is the same of
     * length 1.
     */
    public static void record(NetworkRecorder network, Task task, Tensor hidden, Tensor mask) {
        network.output("hidden", hidden);
        Tensor pooled = network.stage("", (m, in) -> pool(task.pooling(), in.get(0), in.get(1)), hidden, mask);
        network.output("pooled", pooled);
        network.output("vector", network.stage("", (m, in) -> normalize(in.get(0)), pooled));
    }

    /** Returns one row of each text's hidden states: [B, T, D] and the mask [B, T] give [B, D]. */
    public static Tensor pool(Task.Pooling pooling, Tensor hidden, Tensor mask) {
        return switch (pooling) {
            case MODEL, MEAN -> mean(hidden, mask);
            case MEAN_SQRT_LENGTH -> {
                Tensor count = weights(mask, hidden).sumTo(List.of(mask.dim(0), Dim.of(1), Dim.of(1)));
                Tensor root = count.activation(Activation.SQRT).reshape(mask.dim(0), Dim.of(1));
                yield mean(hidden, mask).multiply(root);
            }
            case WEIGHTED_MEAN -> mean(hidden, mask.positions(1));
            case MAX -> {
                Tensor hidePadding = weights(mask, hidden).shift(-1).scale(PADDING);
                Dim numbers = hidden.type().elements();
                yield hidden.reshape(numbers, Dim.of(1))
                        .embedding(hidden.add(hidePadding).detach().largest())
                        .reshape(hidden.dim(0), hidden.dim(2));
            }
            case FIRST -> hidden.slice(1, Dim.of(0), Dim.of(1)).reshape(hidden.dim(0), hidden.dim(2));
            case LAST -> rows(hidden, mask.lastOnes());
        };
    }

    /** Returns one token's hidden state for each text [B, D], by its number with all tokens counted through [B]. */
    public static Tensor rows(Tensor hidden, Tensor numbers) {
        return hidden.reshape(hidden.dim(0).times(hidden.dim(1)), hidden.dim(2)).embedding(numbers);
    }

    /** Σₜ wₜ·hₜ / Σₜ wₜ. */
    private static Tensor mean(Tensor hidden, Tensor counts) {
        Tensor weights = weights(counts, hidden);
        Dim one = Dim.of(1);
        Tensor sum = hidden.multiply(weights).sumTo(List.of(hidden.dim(0), one, hidden.dim(2)));
        Tensor total = weights.sumTo(List.of(hidden.dim(0), one, one));
        return sum.divide(total).reshape(hidden.dim(0), hidden.dim(2));
    }

    /** Returns whole numbers [B, T] as [B, T, 1] in the type of the hidden states. */
    private static Tensor weights(Tensor counts, Tensor hidden) {
        return counts.reshape(counts.dim(0), counts.dim(1), Dim.of(1)).cast(hidden.dtype());
    }

    /** Returns x/‖x‖ for each row, in FLOAT32. */
    private static Tensor normalize(Tensor x) {
        Tensor wide = x.cast(DType.FLOAT32);
        Tensor squares = wide.multiply(wide).sumTo(List.of(x.dim(0), Dim.of(1)));
        return wide.divide(squares.activation(Activation.SQRT));
    }
}
