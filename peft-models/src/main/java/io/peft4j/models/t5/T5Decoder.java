package io.peft4j.models.t5;

import io.peft4j.model.AttentionSite;
import io.peft4j.model.Decoding;
import io.peft4j.model.Module;
import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.SublayerSite;
import io.peft4j.models.common.AttentionMask;
import io.peft4j.models.common.Heads;
import io.peft4j.models.common.SentenceVector;
import io.peft4j.program.Activation;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The decoder: a {@link T5Stack} that looks back only, with an attention to the source in each layer.
 *
 * <p>While generating, the source is encoded in the first call; its keys and values stay in buffers as those of the
 * decoder's own tokens do, so that later calls neither encode nor project it again.
 */
record T5Decoder(T5Stack encoder, T5Stack decoder) {

    private static final long NO_WINDOW = 1L << 40;

    /** Records everything from the source text to the logits of the target's tokens. */
    void record(NetworkRecorder network) {
        T5Config config = decoder.config();
        Dim b = Dim.named("B");
        head(network, config, hidden(network, "", tokens(network, config, b)));
    }

    /**
     * Records the classification of texts: the decoder reads the text once more, and what it makes of the last end of a text
     * decides.
     *
     * @param base the module path of encoder and decoder
     */
    void classify(NetworkRecorder network, String base, int labels) {
        T5Config config = decoder.config();
        T5Config.Tokens special = config.tokens();
        Tensor ids = network.input("input_ids", TensorType.of(DType.INT64, Dim.named("B"), Dim.named("T")));
        Tensor own = network.stage("", (m, in) -> in.get(0).shiftRight(special.start(), special.padding()), ids);
        Tensor last =
                network.stage("", (m, in) -> equal(in.get(0), special.end()).lastOnes(), ids);
        Tensor logits = network.stage(
                "",
                (m, in) -> {
                    Tensor rows = SentenceVector.rows(in.get(0), in.get(1)); // [B, D]
                    Module head = m.head().child("classification_head");
                    Tensor dense = head.linear(
                            "dense", decoder.norm(m.child(decoder.path()), "final_layer_norm", rows), config.width());
                    return head.linear("out_proj", dense.activation(Activation.TANH), labels);
                },
                hidden(network, base, own),
                last);
        network.output("logits", logits);
    }

    /** Returns 1 where ids are {@code id}, else 0. */
    private static Tensor equal(Tensor ids, long id) {
        return ids.differs(id).differs(1);
    }

    /** Returns what comes out of the decoder's layers [B, L, D] for its own tokens [B, L]. */
    private Tensor hidden(NetworkRecorder network, String base, Tensor own) {
        Decoding decoding = network.options().decoding();
        Dim b = Dim.named("B");
        Tensor mask = network.input("attention_mask", TensorType.of(DType.INT64, b, Dim.named("T")));
        Tensor shown = AttentionMask.shown(network, mask);
        @Nullable
        Tensor source = decoding == Decoding.NEXT
                ? null
                : encoder.encode(
                        network,
                        base,
                        network.input("input_ids", TensorType.of(DType.INT64, b, Dim.named("T"))),
                        shown);
        Tensor hidden = network.stage(base, (m, in) -> decoder.words(m, in.get(0)), own);
        Tensor past = decoding == Decoding.OFF
                ? own
                : network.input("decoder_attention_mask", TensorType.of(DType.INT64, b, Dim.named("S")));
        DType dtype = network.options().dtype();
        Masks back = back(network, own, past);
        Tensor hide = network.stage("", (m, in) -> AttentionMask.ofPadding(in.get(0), dtype), shown);
        for (int i = 0; i < decoder.layers(); i++) {
            int layer = decoder.firstLayer() + i;
            Tensor[] inputs = source == null ? back.behind(hidden, hide) : back.behind(hidden, hide, source);
            int masks = source == null ? 2 : 3;
            hidden = network.stage(decoder.path() + ".block." + i, (m, in) -> layer(m, layer, in, masks), inputs);
        }
        return hidden;
    }

    /** Returns the decoder's tokens [B, L]: those before each of the labels, or while generating what is passed. */
    private static Tensor tokens(NetworkRecorder network, T5Config config, Dim b) {
        TensorType type = TensorType.of(DType.INT64, b, Dim.named("L"));
        if (network.options().decoding() != Decoding.OFF) {
            return network.input("decoder_input_ids", type);
        }
        T5Config.Tokens ids = config.tokens();
        return network.stage(
                "", (m, in) -> in.get(0).shiftRight(ids.start(), ids.padding()), network.input("labels", type));
    }

    /** Returns the masks of the decoder's own tokens, with learned keys before them. */
    private Masks back(NetworkRecorder network, Tensor own, Tensor past) {
        LearnedKeys keys = LearnedKeys.of(network);
        return Masks.of(
                keys.count(),
                learned -> network.stage(
                        decoder.path(),
                        (m, in) -> lookingBack(m, in.get(0), in.get(1).dim(1), learned == 0 ? LearnedKeys.NONE : keys),
                        own,
                        past));
    }

    /** Returns what distances add to scores, and what hides later tokens: [1, H, L, learned + keys]. */
    private Tensor lookingBack(Module m, Tensor own, Dim keys, LearnedKeys learned) {
        Dim queries = own.dim(1);
        Dim one = Dim.of(1);
        Dim moved = keys.plus(Dim.of(learned.moving()));
        Dim all = keys.plus(Dim.of(learned.count()));
        Tensor bias = decoder.bias(m, own, queries, moved, learned.count() - learned.moving(), false);
        Dim hiding = Dim.of(learned.hiding());
        Tensor causal = bias.causalMask(queries.plus(hiding), all, NO_WINDOW)
                .slice(0, Dim.of(0), queries)
                .reshape(one, one, queries, all);
        return bias.add(AttentionMask.hide(causal));
    }

    /** Returns y [B, L, D] for x [B, L, D], the source's mask and, unless it is kept already, the source. */
    private Tensor layer(Module m, int layer, List<Tensor> in, int masks) {
        Tensor h = decoder.selfAttention(m, AttentionSite.Kind.SELF, layer, in.get(0), Masks.after(masks, in));
        Tensor c = crossAttention(m.child("layer.1"), layer, h, masks > 2 ? in.get(2) : null, in.get(1));
        return decoder.feedForward(m.child("layer.2"), layer, c);
    }

    /** Returns x + O·softmax(Q·norm(x)·(K·source)ᵀ + mask)·V·source. */
    private Tensor crossAttention(Module m, int layer, Tensor x, @Nullable Tensor source, Tensor mask) {
        T5Config config = decoder.config();
        Module a = m.child("EncDecAttention");
        Tensor n = decoder.norm(m, "layer_norm", x);
        Tensor q = decoder.project(a, "q", n);
        @Nullable
        List<Tensor> prefix = a.prefix(AttentionSite.Kind.CROSS, layer, n, config.heads(), config.headWidth());
        Tensor shown = Heads.shown(prefix, mask);
        Tensor attended = source == null
                ? Heads.attendKept(a, q, shown, 1)
                : Heads.attendSource(
                        a, prefix, q, decoder.project(a, "k", source), decoder.project(a, "v", source), shown, 1);
        return m.sublayer(SublayerSite.Kind.CROSS_ATTENTION, layer, x, decoder.output(a, attended), null);
    }

    private void head(NetworkRecorder network, T5Config config, Tensor hidden) {
        if (config.output().tied()) {
            network.tie("lm_head.weight", "shared.weight");
        }
        double scale = config.output().scaled() ? 1 / Math.sqrt(config.width()) : 1;
        network.logits(new NetworkRecorder.Head(
                "",
                (m, in) -> m.head()
                        .linearWithoutBias(
                                "lm_head",
                                decoder.norm(m.child(decoder.path()), "final_layer_norm", in.get(0))
                                        .scale(scale),
                                config.vocabulary()),
                hidden));
    }
}
