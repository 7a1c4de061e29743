package io.peft4j.models.common;

import io.peft4j.model.Architecture;
import io.peft4j.model.Decoding;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A decoder that normalises before each sub-layer, with its heads.
 *
 * <pre>
 * h = x + attention(norm(x))
 * y = h + feedForward(norm(h))          for each layer
 * logits = E·norm(y)                    the next token
 * </pre>
 *
 * <p>Architectures add the embeddings, the norm and both sub-layers.
 */
public abstract class PreNormDecoder implements Architecture {

    /** A window that no text is longer than. */
    protected static final long NO_WINDOW = 1L << 40;

    private final DecoderSizes sizes;
    private final DecoderNames names;

    /** Makes a decoder. */
    protected PreNormDecoder(DecoderSizes sizes, DecoderNames names) {
        this.sizes = sizes;
        this.names = names;
    }

    /** Returns what goes into the first layer, [B, T, D]; {@code m} is the base model. */
    protected abstract Tensor embeddings(Module m, Tensor words, Tensor positions);

    /** Returns what layers need to know of the positions [1 or B, T]: cos and sin, or nothing. */
    protected abstract List<Tensor> turns(Tensor positions, DType dtype);

    /** Returns a norm of the given name. */
    protected abstract Tensor norm(Module m, String name, Tensor x);

    /** Returns the attention's output [B, T, D] for the normalised x; {@code m} is the attention. */
    protected abstract Tensor attention(Module m, int layer, Tensor x, LayerInputs inputs);

    /** Returns the feed-forward's output [B, T, D] for the normalised x; {@code m} is the feed-forward. */
    protected abstract Tensor feedForward(Module m, Tensor x);

    /** Returns how many tokens a query of a layer sees at most, itself among them. */
    protected long window(int layer) {
        return NO_WINDOW;
    }

    /** Returns the sizes. */
    protected final DecoderSizes sizes() {
        return sizes;
    }

    @Override
    public final List<TaskType> tasks() {
        return List.of(TaskType.CAUSAL_LM, TaskType.SEQ_CLS, TaskType.TOKEN_CLS, TaskType.FEATURE_EXTRACTION);
    }

    @Override
    public final List<String> headModules(Task task) {
        return switch (task.type()) {
            case SEQ_CLS -> List.of("score");
            case TOKEN_CLS -> List.of(names.tokenHead());
            case CAUSAL_LM -> List.of("lm_head");
            default -> List.of();
        };
    }

    @Override
    public final String className(Task task) {
        return switch (task.type()) {
            case SEQ_CLS -> names.className() + "ForSequenceClassification";
            case TOKEN_CLS -> names.className() + "ForTokenClassification";
            case CAUSAL_LM -> names.causalClass();
            default -> names.className() + "Model";
        };
    }

    @Override
    public final String basePrefix() {
        return names.prefix();
    }

    @Override
    public final int maxLength() {
        return sizes.positions();
    }

    @Override
    public final int positionLimit() {
        return sizes.positionLimit();
    }

    /** Without an id to tell padding by, the last token of a text is known only where there is no other text. */
    @Override
    public final void checkBatch(Task task, long rows, long positions) {
        Architecture.super.checkBatch(task, rows, positions);
        if (task.type() == TaskType.SEQ_CLS && sizes.padding() < 0 && rows > 1) {
            throw new IllegalArgumentException(
                    "the last token of each of %d texts decides their classes, and config.json has no pad_token_id to tell it by; add it, or classify one text at a time"
                            .formatted(rows));
        }
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
    public boolean mayIgnore(String name) {
        return name.startsWith("lm_head.")
                || name.startsWith("score.")
                || name.startsWith(names.tokenHead() + ".")
                || name.endsWith("rotary_emb.inv_freq");
    }

    @Override
    public final void record(NetworkRecorder network, Task task) {
        String base = task.type() == TaskType.FEATURE_EXTRACTION ? "" : names.prefix();
        DType dtype = network.options().dtype();
        Dim b = Dim.named("B");
        Dim t = Dim.named("T");
        Dim s = network.options().decoding() == Decoding.NEXT ? Dim.named("S") : t;
        Tensor ids = network.input("input_ids", TensorType.of(DType.INT64, b, t));
        Tensor mask = network.input("attention_mask", TensorType.of(DType.INT64, b, s));
        VirtualTokens learned = network.virtualTokens();
        boolean longer = learned.rows() > 0 && network.options().decoding() != Decoding.NEXT;
        Tensor shown = longer ? AttentionMask.shown(network, mask) : mask;
        Tensor embedded = network.stage(
                base,
                (m, in) -> {
                    Tensor words =
                            m.embeddings(m.embedding(names.embedding(), in.get(0), sizes.vocabulary(), sizes.width()));
                    return m.hidden(m.layersInput(embeddings(m, words, positions(m, words.dim(1), in.get(1)))));
                },
                ids,
                shown);
        Dim tokens = longer ? t.plus(Dim.of(learned.rows())) : t;
        // Masks and positions take sizes from the ids: what they took from the embeddings would want a gradient.
        Map<Long, Tensor> masks = new TreeMap<>();
        for (int i = 0; i < sizes.layers(); i++) {
            masks.computeIfAbsent(
                    window(i), w -> network.stage("", (m, in) -> causal(in.get(1), tokens, w, dtype), ids, shown));
        }
        List<Tensor> turns = network.stages("", (m, in) -> turns(positions(m, tokens, in.get(1)), dtype), ids, shown);
        Tensor hidden = embedded;
        for (int i = 0; i < sizes.layers(); i++) {
            List<Tensor> inputs =
                    new ArrayList<>(List.of(hidden, java.util.Objects.requireNonNull(masks.get(window(i)))));
            inputs.addAll(turns);
            int index = i;
            String path = names.layers() + "." + i;
            hidden = network.stage(
                    base.isEmpty() ? path : base + "." + path,
                    (m, in) -> layer(m, index, in.get(0), new LayerInputs(in.get(1), in.subList(2, in.size()))),
                    inputs.toArray(Tensor[]::new));
        }
        head(network, task, base, hidden, ids, shown);
    }

    /** Returns y [B, T, D] for x [B, T, D]. */
    private Tensor layer(Module m, int index, Tensor x, LayerInputs inputs) {
        DecoderNames.Layer parts = names.layer();
        Tensor attended = attention(m.child(parts.attention()), index, norm(m, parts.attentionNorm(), x), inputs);
        Tensor h = m.sublayer(SublayerSite.Kind.ATTENTION, index, x, attended, null);
        Tensor f = feedForward(m.child(parts.feedForward()), norm(m, parts.feedForwardNorm(), h));
        return m.sublayer(SublayerSite.Kind.FEED_FORWARD, index, h, f, null);
    }

    /** Returns the positions of so many last tokens: [1, T], or [B, T] where texts are padded on the left. */
    private static Tensor positions(Module m, Dim tokens, Tensor mask) {
        int first = m.virtualTokens().keys();
        if (m.options().decoding() == Decoding.OFF) {
            Dim end = tokens.plus(Dim.of(first));
            return mask.range(end).slice(0, Dim.of(first), end).reshape(Dim.of(1), tokens);
        }
        Dim all = mask.dim(1);
        return mask.positions(first).slice(1, all.plus(tokens.times(Dim.of(-1))), all);
    }

    /** Returns what hides later tokens, those before the window, and padding: [B, 1, (H/K)·T, S]. */
    private Tensor causal(Tensor mask, Dim queries, long window, DType dtype) {
        Dim one = Dim.of(1);
        Dim keys = mask.dim(1);
        Tensor shown = mask.reshape(mask.dim(0), one, one, keys).cast(dtype);
        Tensor causal = shown.causalMask(queries, keys, window).reshape(one, one, queries, keys);
        return Heads.grouped(AttentionMask.hide(shown.multiply(causal)), sizes.heads() / sizes.keyHeads());
    }

    private void head(NetworkRecorder network, Task task, String base, Tensor hidden, Tensor ids, Tensor mask) {
        switch (task.type()) {
            case CAUSAL_LM -> predict(network, base, hidden);
            case SEQ_CLS -> {
                Tensor last = sizes.padding() < 0
                        ? network.stage("", (m, in) -> everywhere(m, in.get(0)).lastOnes(), ids)
                        : network.stage("", (m, in) -> texts(m, in.get(0)).lastOnes(), ids);
                network.output(
                        "logits",
                        network.stage("", (m, in) -> classifyText(m, task, in.get(0), in.get(1)), hidden, last));
            }
            case TOKEN_CLS ->
                network.output(
                        "logits",
                        network.stage(
                                "",
                                (m, in) -> m.head()
                                        .linear(
                                                names.tokenHead(),
                                                norm(m.child(names.prefix()), names.norm(), in.get(0)),
                                                task.labels().size()),
                                hidden));
            default ->
                SentenceVector.record(
                        network, task, network.stage("", (m, in) -> norm(m, names.norm(), in.get(0)), hidden), mask);
        }
    }

    /** Returns 1 where a token is no padding, which Hugging Face tells by the ids here and not by the mask. */
    private Tensor texts(Module m, Tensor ids) {
        VirtualTokens learned = m.virtualTokens();
        return learned.extend(ids.differs(sizes.padding()), learned.rows(), 1);
    }

    /** Returns 1 for every token, so that the last of all is the last, as in Hugging Face without an id for padding. */
    private static Tensor everywhere(Module m, Tensor ids) {
        VirtualTokens learned = m.virtualTokens();
        return learned.extend(ids.full(1, ids.type().shape()), learned.rows(), 1);
    }

    /** While generating, only the last token's row is wanted. */
    private void predict(NetworkRecorder network, String base, Tensor hidden) {
        if (sizes.tied()) {
            network.tie("lm_head.weight", "%s.%s.weight".formatted(base, names.embedding()));
        }
        Tensor wanted = network.options().decoding() == Decoding.OFF
                ? hidden
                : network.stage(
                        "",
                        (m, in) -> in.get(0)
                                .slice(
                                        1,
                                        in.get(0).dim(1).plus(Dim.of(-1)),
                                        in.get(0).dim(1)),
                        hidden);
        network.logits(new NetworkRecorder.Head(
                "",
                (m, in) -> m.head()
                        .linearWithoutBias("lm_head", norm(m.child(base), names.norm(), in.get(0)), sizes.vocabulary()),
                wanted));
    }

    /** Returns the logits [B, C] of the last token that is no padding. */
    private Tensor classifyText(Module m, Task task, Tensor hidden, Tensor last) {
        Tensor normed = norm(m.child(names.prefix()), names.norm(), SentenceVector.rows(hidden, last)); // [B, D]
        return m.head().linearWithoutBias("score", normed, task.labels().size());
    }
}
