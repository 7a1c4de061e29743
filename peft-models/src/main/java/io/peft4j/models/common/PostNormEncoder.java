package io.peft4j.models.common;

import io.peft4j.model.Architecture;
import io.peft4j.model.Module;
import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.List;

/**
 * An encoder that normalises after each sum, as the Transformer's (Vaswani et al. 2017), with its heads.
 *
 * <pre>
 * h = LayerNorm(x + O·attention(Q·x, K·x, V·x))
 * y = LayerNorm(h + W₂·act(W₁·h))               for each layer
 * </pre>
 *
 * <p>Architectures add what comes before the layers and what classifies a text after them.
 */
public abstract class PostNormEncoder implements Architecture {

    private final EncoderSizes sizes;
    private final EncoderNames names;

    /** Makes an encoder. */
    protected PostNormEncoder(EncoderSizes sizes, EncoderNames names) {
        this.sizes = sizes;
        this.names = names;
    }

    /**
     * Returns the normed sum of words and positions, [B, K + T, D] with K learned words.
     *
     * @param m the module of the embeddings
     * @param ids [B, T]
     * @param types [B, K + T]
     */
    protected abstract Tensor embeddings(Module m, Tensor ids, Tensor types);

    /** Returns the logits [B, C] of texts; {@code m} is the whole model. */
    protected abstract Tensor classify(Module m, Task task, Tensor hidden, Tensor mask);

    /** Returns the sizes. */
    protected final EncoderSizes sizes() {
        return sizes;
    }

    @Override
    public final List<TaskType> tasks() {
        return List.of(TaskType.SEQ_CLS, TaskType.TOKEN_CLS, TaskType.FEATURE_EXTRACTION);
    }

    @Override
    public final String className(Task task) {
        return names.className()
                + switch (task.type()) {
                    case SEQ_CLS -> "ForSequenceClassification";
                    case TOKEN_CLS -> "ForTokenClassification";
                    default -> "Model";
                };
    }

    @Override
    public final String basePrefix() {
        return names.prefix();
    }

    @Override
    public final int layers() {
        return sizes.layers();
    }

    @Override
    public final double initializerRange() {
        return sizes.initializerRange();
    }

    @Override
    public final void record(NetworkRecorder network, Task task) {
        String base = task.type() == TaskType.FEATURE_EXTRACTION ? "" : names.prefix() + ".";
        Dim b = Dim.named("B");
        Dim t = Dim.named("T");
        Tensor ids = network.input("input_ids", TensorType.of(DType.INT64, b, t));
        Tensor mask = network.input("attention_mask", TensorType.of(DType.INT64, b, t));
        Tensor types = network.input("token_type_ids", TensorType.of(DType.INT64, b, t));
        DType dtype = network.options().dtype();
        VirtualTokens learned = network.virtualTokens();
        Tensor hidden = network.stage(
                base + "embeddings",
                (m, in) -> m.hidden(
                        m.layersInput(embeddings(m, in.get(0), learned.extend(in.get(1), learned.words(), 0)))),
                ids,
                types);
        Tensor shown = AttentionMask.shown(network, mask);
        Tensor hide = network.stage("", (m, in) -> AttentionMask.ofPadding(in.get(0), dtype), shown);
        boolean firstOnly = readsFirstTokenOnly(network, task);
        for (int i = 0; i < sizes.layers(); i++) {
            int index = i;
            boolean narrow = firstOnly && i == sizes.layers() - 1;
            hidden = network.stage(
                    base + names.layers() + "." + i,
                    (m, in) -> layer(m, index, in.get(0), in.get(1), narrow),
                    hidden,
                    hide);
        }
        head(network, task, hidden, shown);
    }

    /** The last layer need only compute what the head reads, unless an adapter looks at its other tokens. */
    private static boolean readsFirstTokenOnly(NetworkRecorder network, Task task) {
        return task.type() == TaskType.SEQ_CLS
                && task.pooling() == Task.Pooling.MODEL
                && !network.options().adaptation().readsWholeSequence();
    }

    /** Returns y [B, T, D] for x [B, T, D], or [B, 1, D] for the first token alone. */
    private Tensor layer(Module m, int index, Tensor x, Tensor mask, boolean firstOnly) {
        Tensor wanted = firstOnly ? x.slice(1, Dim.of(0), Dim.of(1)) : x;
        EncoderNames.Attention a = names.attention();
        Tensor attended = attention(m.child(a.projections()), index, wanted, x, mask);
        Tensor h = m.child(a.sublayer())
                .sublayer(
                        SublayerSite.Kind.ATTENTION,
                        index,
                        wanted,
                        m.linear(a.output(), attended, sizes.width()),
                        s -> m.layerNorm(a.norm(), s, sizes.epsilon()));
        EncoderNames.FeedForward f = names.feedForward();
        Tensor inner = m.linear(f.inner(), h, sizes.feedForward()).activation(sizes.activation());
        return m.child(f.sublayer())
                .sublayer(
                        SublayerSite.Kind.FEED_FORWARD,
                        index,
                        h,
                        m.linear(f.outer(), inner, sizes.width()),
                        s -> m.layerNorm(f.norm(), s, sizes.epsilon()));
    }

    private Tensor attention(Module m, int index, Tensor queries, Tensor x, Tensor mask) {
        int d = sizes.width();
        int heads = sizes.heads();
        EncoderNames.Attention a = names.attention();
        Tensor q = Heads.split(m.linear(a.query(), queries, d), heads); // [B, T, H, Hd]
        Tensor k = Heads.split(m.linear(a.key(), x, d), heads); // [B, S, H, Hd]
        Tensor v = Heads.split(m.linear(a.value(), x, d), heads);
        double scale = 1 / Math.sqrt((double) d / heads);
        Tensor attended = Heads.attend(m, index, x, q, k, v, mask, scale);
        return m.attended(index, attended, d, rows -> {
            Tensor learned = rows.reshape(Dim.of(1), rows.dim(0), rows.dim(1));
            Tensor keys = Heads.split(m.linear(a.key(), learned, d), heads);
            return Heads.attendLearned(m, q, keys, Heads.split(m.linear(a.value(), learned, d), heads), scale);
        });
    }

    private void head(NetworkRecorder network, Task task, Tensor hidden, Tensor mask) {
        switch (task.type()) {
            case SEQ_CLS ->
                network.output(
                        "logits", network.stage("", (m, in) -> classify(m, task, in.get(0), in.get(1)), hidden, mask));
            case TOKEN_CLS ->
                network.output(
                        "logits",
                        network.stage(
                                "",
                                (m, in) -> m.head()
                                        .linear(
                                                "classifier",
                                                in.get(0),
                                                task.labels().size()),
                                hidden));
            default -> SentenceVector.record(network, task, hidden, mask);
        }
    }

    /** Returns the rows of a table of positions for so many tokens, from {@code first} on or behind learned keys. */
    protected static Tensor positions(Module m, Tensor table, long first, Dim tokens) {
        Dim start = Dim.of(first + m.virtualTokens().keys());
        return table.slice(0, start, start.plus(tokens));
    }

    /** Returns the hidden state of the first token, [B, D], or their mean where the task asks for it. */
    protected static Tensor textVector(Task task, Tensor hidden, Tensor mask) {
        return task.pooling() == Task.Pooling.MODEL
                ? hidden.slice(1, Dim.of(0), Dim.of(1)).reshape(hidden.dim(0), hidden.dim(2))
                : SentenceVector.pool(task.pooling(), hidden, mask);
    }
}
