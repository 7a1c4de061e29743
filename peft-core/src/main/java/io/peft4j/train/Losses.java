package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.List;

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
            case CAUSAL_LM -> {
                Tensor labels = network.input("labels", TensorType.of(DType.INT64, b, Dim.named("T")));
                nextToken(network, labels, scale);
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

    /**
     * Returns how many labels count: where each token is predicted from those before it, the first of a text does only
     * behind learned tokens.
     */
    public static long counted(Task task, VirtualTokens learned, NDArray labels) {
        boolean shifted = task.type() == TaskType.CAUSAL_LM && learned.rows() == 0;
        NDArray predicted = shifted ? labels.get(":, 1:") : labels;
        return predicted.neq(Example.IGNORED).sum().getLong();
    }

    /** Each token is predicted from those before it; rows without a label skip the output layer. */
    private static void nextToken(NetworkRecorder network, Tensor labels, Tensor scale) {
        List<Tensor> targets = network.stages(
                "targets", (m, in) -> in.get(0).targets(1), withVirtualTokens(network, labels)); // [N], [N]
        NetworkRecorder.Head head = network.takeHead();
        Tensor loss = network.stage(
                head.path(),
                (m, in) -> {
                    Tensor hidden = in.get(0); // [B, T, D]
                    Tensor rows = hidden.reshape(hidden.dim(0).times(hidden.dim(1)), hidden.dim(2))
                            .embedding(in.get(1)); // [N, D]
                    return head.body()
                            .record(m, List.of(rows))
                            .cast(DType.FLOAT32)
                            .crossEntropy(in.get(2))
                            .multiply(in.get(3));
                },
                head.hidden(),
                targets.get(0),
                targets.get(1),
                scale);
        network.output(LOSS, loss);
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
