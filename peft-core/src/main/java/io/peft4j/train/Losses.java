package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.Activation;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.List;

/** Records what training minimises after a model's outputs: the result {@code loss}. */
public final class Losses {

    /** By what cosines are multiplied before they are compared, as in sentence-transformers. */
    private static final double SHARPNESS = 20;

    /** The name of the loss among a network's results. */
    public static final String LOSS = "loss";

    private Losses() {}

    /**
     * Records the loss of a task, which compares {@code logits} with the input {@code labels}, times {@code loss_scale};
     * without a head, the contrast of {@code anchors} and {@code partners}.
     *
     * <p>With a scale of one over the number of labels that count, this is the mean that PyTorch and Hugging Face use.
     */
    public static void record(NetworkRecorder network, Task task) {
        Dim b = Dim.named("B");
        Tensor scale = network.input("loss_scale", TensorType.of(DType.FLOAT32, new Dim[0]));
        switch (task.type()) {
            case SEQ_CLS -> textLoss(network, task, b, scale);
            case TOKEN_CLS -> {
                Tensor labels = network.input("labels", TensorType.of(DType.INT64, b, Dim.named("T")));
                loss(network, withVirtualTokens(network, labels), scale);
            }
            case CAUSAL_LM -> {
                Tensor labels = network.input("labels", TensorType.of(DType.INT64, b, Dim.named("T")));
                predicted(network, withVirtualTokens(network, labels), 1, scale);
            }
            case SEQ_2_SEQ_LM -> {
                Tensor labels = network.input("labels", TensorType.of(DType.INT64, b, Dim.named("L")));
                predicted(network, labels, 0, scale);
            }
            case FEATURE_EXTRACTION -> contrast(network, scale);
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
        if (labels.getDataType().isFloating()) {
            return labels.size();
        }
        NDArray predicted = firstPredicted(task, learned) > 0 ? labels.get(":, 1:") : labels;
        return predicted.neq(Example.IGNORED).sum().getLong();
    }

    /** Returns which label of a text is the first that is predicted. */
    static int firstPredicted(Task task, VirtualTokens learned) {
        return task.type() == TaskType.CAUSAL_LM && learned.rows() == 0 ? 1 : 0;
    }

    private static void textLoss(NetworkRecorder network, Task task, Dim b, Tensor scale) {
        if (task.problem() == Task.Problem.SINGLE_LABEL_CLASSIFICATION) {
            loss(network, network.input("labels", TensorType.of(DType.INT64, b)), scale);
            return;
        }
        TensorType type = TensorType.of(DType.FLOAT32, b, Dim.of(task.labels().size()));
        boolean multiple = task.problem() == Task.Problem.MULTI_LABEL_CLASSIFICATION;
        Tensor loss = network.stage(
                LOSS,
                (m, in) -> {
                    Tensor logits = in.get(0).cast(DType.FLOAT32); // [B, C]
                    Tensor each = multiple ? binaryCrossEntropy(logits, in.get(1)) : squaredError(logits, in.get(1));
                    return each.sum().multiply(in.get(2));
                },
                network.result("logits"),
                network.input("labels", type),
                scale);
        network.output(LOSS, loss);
    }

    /** −y·log σ(x) − (1 − y)·log(1 − σ(x)) = log(1 + eˣ) − x·y, element by element. */
    private static Tensor binaryCrossEntropy(Tensor x, Tensor y) {
        return x.activation(Activation.SOFTPLUS).subtract(x.multiply(y));
    }

    /** (x − y)², element by element. */
    private static Tensor squaredError(Tensor x, Tensor y) {
        Tensor difference = x.subtract(y);
        return difference.multiply(difference);
    }

    /**
     * Each anchor's partner is to be nearer to it than those of the others: cross-entropy of 20·cos(anchor, partner).
     *
     * <p>Henderson et al. 2017, sentence-transformers' {@code MultipleNegativesRankingLoss}.
     */
    private static void contrast(NetworkRecorder network, Tensor scale) {
        TensorType rows = TensorType.of(DType.INT64, Dim.named("A"));
        Tensor loss = network.stage(
                LOSS,
                (m, in) -> {
                    Tensor anchors = in.get(0).embedding(in.get(1)); // [A, D], of length 1
                    Tensor partners = in.get(0).embedding(in.get(2));
                    Tensor scores = anchors.matMul(partners, false, true).scale(SHARPNESS); // [A, A]
                    return scores.crossEntropy(scores.range(scores.dim(0))).multiply(in.get(3));
                },
                network.result("vector"),
                network.input("anchors", rows),
                network.input("partners", rows),
                scale);
        network.output(LOSS, loss);
    }

    /** Each row of logits predicts the label so many columns ahead; rows without a label skip the output layer. */
    private static void predicted(NetworkRecorder network, Tensor labels, int ahead, Tensor scale) {
        List<Tensor> targets = network.stages("targets", (m, in) -> in.get(0).targets(ahead), labels); // [N], [N]
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
