package io.peft4j.train;

import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.Task;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;

/** Records what training minimises after a model's outputs: the result {@code loss}. */
public final class Losses {

    /** The name of the loss among a network's results. */
    public static final String LOSS = "loss";

    private Losses() {}

    /**
     * Records the loss of a task: cross-entropy of {@code logits} and the input {@code labels}, times {@code loss_scale}.
     *
     * <p>With a scale of one over the number of labels that count, this is the mean that PyTorch and Hugging Face use.
     */
    public static void record(NetworkRecorder network, Task task) {
        Dim b = Dim.named("B");
        Tensor scale = network.input("loss_scale", TensorType.of(DType.FLOAT32, new Dim[0]));
        switch (task.type()) {
            case SEQ_CLS -> {
                Tensor labels = network.input("labels", TensorType.of(DType.INT64, b));
                loss(network, labels, scale);
            }
            case TOKEN_CLS -> {
                Tensor labels = network.input("labels", TensorType.of(DType.INT64, b, Dim.named("T")));
                loss(network, withVirtualTokens(network, labels), scale);
            }
            default -> throw new IllegalArgumentException("no loss for " + task.type());
        }
    }

    /** Learned tokens have no labels that count. */
    private static Tensor withVirtualTokens(NetworkRecorder network, Tensor labels) {
        VirtualTokens learned = network.virtualTokens();
        return learned.rows() == 0
                ? labels
                : network.stage(LOSS, (m, in) -> learned.extend(in.get(0), learned.rows(), Example.IGNORED), labels);
    }

    private static void loss(NetworkRecorder network, Tensor labels, Tensor scale) {
        Tensor loss = network.stage(
                LOSS,
                (m, in) -> {
                    Tensor logits = in.get(0).cast(DType.FLOAT32);
                    Dim rows = in.get(1).type().elements();
                    return logits.reshape(rows, logits.dim(-1))
                            .crossEntropy(in.get(1).reshape(rows))
                            .multiply(in.get(2));
                },
                network.result("logits"),
                labels,
                scale);
        network.output(LOSS, loss);
    }
}
