package io.peft4j.models.t5;

import io.peft4j.model.AttentionSite;
import io.peft4j.model.Module;
import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.VirtualTokens;
import io.peft4j.models.common.AttentionMask;
import io.peft4j.models.common.Heads;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The layers that encoder and decoder share; attention scores are not scaled, and distances are added to them.
 *
 * <pre>
 * attention(x) = O·softmax(Q·x·(K·x)ᵀ + bias[bucket(distance)] + mask)·V·x
 * y = x + f(RmsNorm(x))                                  for each sub-layer f
 * </pre>
 *
 * @param config the sizes
 * @param path the stack's module path
 * @param firstLayer the number of its first layer, all layers of the model counted through
 * @param layers how many
 */
record T5Stack(T5Config config, String path, int firstLayer, int layers) {

    private static final String SELF = "SelfAttention";

    /** Returns the words of a text as the first layer of a stack gets them; {@code m} is the base model. */
    Tensor words(Module m, Tensor ids) {
        return m.embedding("shared", ids, config.vocabulary(), config.width());
    }

    /** Returns the hidden states of a text [B, K + T, D] for ids [B, T], {@code shown} [B, K + T] the ones that count. */
    Tensor encode(NetworkRecorder network, String base, Tensor ids, Tensor shown) {
        Tensor hidden = network.stage(
                base,
                (m, in) -> {
                    Module stack = m.child("encoder");
                    return stack.hidden(stack.layersInput(stack.embeddings(words(m, in.get(0)))));
                },
                ids);
        Masks masks = Masks.of(
                network.keysInDistances(AttentionSite.Kind.SOURCE),
                counted -> network.stage(
                        path,
                        (m, in) -> bias(
                                        m,
                                        in.get(0),
                                        in.get(0).dim(1),
                                        in.get(0).dim(1),
                                        counted,
                                        true)
                                .add(AttentionMask.ofPadding(
                                        VirtualTokens.keys(counted).extend(in.get(0), counted, 1),
                                        network.options().dtype())),
                        shown));
        for (int i = 0; i < layers; i++) {
            int layer = firstLayer + i;
            hidden = network.stage(
                    path + ".block." + i,
                    (m, in) -> {
                        Tensor h = selfAttention(m, AttentionSite.Kind.SOURCE, layer, in.get(0), Masks.after(1, in));
                        return feedForward(m.child("layer.1"), layer, h);
                    },
                    masks.behind(hidden));
        }
        return network.stage(path, (m, in) -> norm(m, "final_layer_norm", in.get(0)), hidden);
    }

    /**
     * Returns what distances add to scores, [1, H, queries, counted + keys]; the last query is at the last of the keys.
     *
     * @param counted how many learned keys before the others distances are counted over: the query at a key is then that far
     *     before it
     */
    Tensor bias(Module m, Tensor over, Dim queries, Dim keys, int counted, boolean bothDirections) {
        Module attention = m.child("block.0.layer.0." + SELF);
        T5Config.Positions positions = config.positions();
        Dim learned = Dim.of(counted);
        Dim all = keys.plus(learned);
        Tensor buckets = over.distanceBuckets(
                        queries.plus(learned), all, bothDirections, positions.buckets(), positions.farthest())
                .slice(0, Dim.of(0), queries);
        return attention
                .embedding("relative_attention_bias", buckets, positions.buckets(), config.heads())
                .permute(2, 0, 1)
                .reshape(Dim.of(config.heads()).times(queries), all) // Lays it out anew, once for all layers.
                .reshape(Dim.of(1), Dim.of(config.heads()), queries, all);
    }

    /** Returns x + attention(norm(x)) through whatever is attached; {@code m} is the layer. */
    Tensor selfAttention(Module m, AttentionSite.Kind kind, int layer, Tensor x, Masks masks) {
        Module sublayer = m.child("layer.0");
        Module a = sublayer.child(SELF);
        Tensor n = norm(sublayer, "layer_norm", x);
        Tensor q = project(a, "q", n); // [B, T, H, Hd]
        Tensor k = project(a, "k", n);
        Tensor v = project(a, "v", n);
        @Nullable List<Tensor> prefix = a.prefix(kind, layer, n, config.heads(), config.headWidth());
        Tensor shown = masks.shown(prefix);
        Tensor attended = kind == AttentionSite.Kind.SOURCE
                ? Heads.attend(a, prefix, q, k, v, shown, 1)
                : Heads.attendGrowing(a, prefix, q, k, v, shown, 1);
        return sublayer.sublayer(SublayerSite.Kind.ATTENTION, layer, x, output(a, attended), null);
    }

    /** Returns x + W·act(W₁·norm(x)) through whatever is attached, with the product of a gate in version 1.1. */
    Tensor feedForward(Module m, int layer, Tensor x) {
        Module f = m.child("DenseReluDense");
        Tensor n = norm(m, "layer_norm", x);
        T5Config.FeedForward form = config.feedForward();
        Tensor inner = form.gated()
                ? f.linearWithoutBias("wi_0", n, form.width())
                        .activation(form.activation())
                        .multiply(f.linearWithoutBias("wi_1", n, form.width()))
                : f.linearWithoutBias("wi", n, form.width()).activation(form.activation());
        Tensor outer = f.linearWithoutBias("wo", inner, config.width());
        return m.sublayer(SublayerSite.Kind.FEED_FORWARD, layer, x, outer, null);
    }

    /** Returns queries, keys or values [B, T, H, Hd]. */
    Tensor project(Module attention, String name, Tensor x) {
        return Heads.split(
                attention.linearWithoutBias(name, x, (long) config.heads() * config.headWidth()), config.heads());
    }

    /** Returns the attention's output [B, T, D]. */
    Tensor output(Module attention, Tensor attended) {
        return attention.linearWithoutBias("o", attended, config.width());
    }

    Tensor norm(Module m, String name, Tensor x) {
        return m.rmsNorm(name, x, config.epsilon());
    }
}
