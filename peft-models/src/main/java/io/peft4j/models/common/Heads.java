package io.peft4j.models.common;

import io.peft4j.model.AttentionSite;
import io.peft4j.model.Decoding;
import io.peft4j.model.Module;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention of several heads: softmax(s·q·kᵀ + mask)·v for each (Vaswani et al. 2017).
 *
 * <ul>
 *   <li>q: [B, T, H, Hd]
 *   <li>k, v: [B, S, K, Hd]; each of the K heads serves H/K queries (Ainslie et al. 2023)
 *   <li>mask: [B or 1, 1 or H, T, S], of which {@link #grouped} makes what {@link #attend} takes
 *   <li>result: [B, T, H·Hd]
 * </ul>
 *
 * <p>Queries that share keys lie behind each other as if they were more tokens, so that keys need not be repeated.
 */
public final class Heads {

    private static final String KEYS = "keys";
    private static final String VALUES = "values";

    private Heads() {}

    /** Returns [B, T, H, Hd] for [B, T, H·Hd]. */
    public static Tensor split(Tensor x, long heads) {
        return x.reshape(x.dim(0), x.dim(1), Dim.of(heads), Dim.of(x.dim(2).constant() / heads));
    }

    /** Returns a mask [B, 1, T, S] for queries of which {@code sharing} use the same keys: [B, 1, sharing·T, S]. */
    public static Tensor grouped(Tensor mask, long sharing) {
        Dim one = Dim.of(1);
        Dim group = Dim.of(sharing);
        return mask.reshape(mask.dim(0), one, one, mask.dim(2), mask.dim(3))
                .expand(List.of(mask.dim(0), one, group, mask.dim(2), mask.dim(3)))
                .reshape(mask.dim(0), one, mask.dim(2).times(group), mask.dim(3));
    }

    /**
     * Returns what all heads attend to, learned keys and values that are attached to {@code m} among it, and while
     * generating those of earlier tokens.
     *
     * @param layer the number of the layer
     * @param x what queries are computed from [B, T, D]
     */
    public static Tensor attend(
            Module m, int layer, Tensor x, Tensor q, Tensor k, Tensor v, Tensor mask, double scale) {
        @Nullable
        List<Tensor> prefix = m.prefix(
                AttentionSite.Kind.SELF, layer, x, k.dim(2).constant(), k.dim(3).constant());
        return attendGrowing(m, prefix, q, k, v, shown(prefix, mask), scale);
    }

    /** Returns what all heads attend to, learned keys and values among it. */
    public static Tensor attend(
            Module m, @Nullable List<Tensor> prefix, Tensor q, Tensor k, Tensor v, Tensor shown, double scale) {
        return attend(m, q, joined(prefix, 0, k), joined(prefix, 1, v), shown, scale);
    }

    /** Returns the same in a text that grows: while generating, with the keys and values of earlier tokens. */
    public static Tensor attendGrowing(
            Module m, @Nullable List<Tensor> prefix, Tensor q, Tensor k, Tensor v, Tensor shown, double scale) {
        return switch (m.options().decoding()) {
            case OFF -> attend(m, prefix, q, k, v, shown, scale);
            case FIRST ->
                attendKeeping(m, q, joined(prefix, 0, k), joined(prefix, 1, v), shown, scale, growing(prefix));
            case NEXT -> attendKeeping(m, q, k, v, shown, scale, growing(prefix)); // What is learned is in the buffers.
        };
    }

    /** Returns the same in a source text, of which while generating the keys and values stay for later calls. */
    public static Tensor attendSource(
            Module m, @Nullable List<Tensor> prefix, Tensor q, Tensor k, Tensor v, Tensor shown, double scale) {
        return m.options().decoding() == Decoding.OFF
                ? attend(m, prefix, q, k, v, shown, scale)
                : attendKeeping(m, q, joined(prefix, 0, k), joined(prefix, 1, v), shown, scale, shown.dim(3));
    }

    /** Returns what all heads attend to in a source text whose keys and values an earlier call kept. */
    public static Tensor attendKept(Module m, Tensor q, Tensor shown, double scale) {
        TensorType type = TensorType.of(q.dtype(), q.dim(0), q.dim(2), shown.dim(3), q.dim(3));
        return attendTo(m, q, m.buffer(KEYS, type), m.buffer(VALUES, type), shown, scale);
    }

    /** Returns a mask that lets every query see the learned keys too. */
    public static Tensor shown(@Nullable List<Tensor> prefix, Tensor mask) {
        return prefix == null ? mask : show(prefix.get(0), mask);
    }

    /** Keeps keys and values in buffers with room for so many. */
    private static Tensor attendKeeping(Module m, Tensor q, Tensor k, Tensor v, Tensor shown, double scale, Dim room) {
        TensorType type = TensorType.of(k.dtype(), k.dim(0), k.dim(2), room, k.dim(3));
        return attendTo(
                m,
                q,
                m.buffer(KEYS, type).append(k.permute(0, 2, 1, 3), shown.dim(3)),
                m.buffer(VALUES, type).append(v.permute(0, 2, 1, 3), shown.dim(3)),
                shown,
                scale);
    }

    private static Dim growing(@Nullable List<Tensor> prefix) {
        Dim room = Dim.named(Decoding.CAPACITY);
        return prefix == null ? room : room.plus(prefix.get(0).dim(-2));
    }

    private static Tensor joined(@Nullable List<Tensor> prefix, int part, Tensor x) {
        return prefix == null ? x : prepend(prefix.get(part), x);
    }

    /** Returns what all heads attend to. */
    public static Tensor attend(Module m, Tensor q, Tensor k, Tensor v, Tensor mask, double scale) {
        return attendTo(m, q, k.permute(0, 2, 1, 3), v.permute(0, 2, 1, 3), mask, scale);
    }

    /** Returns what all heads attend to, for keys and values [B, K, S, Hd]. */
    private static Tensor attendTo(Module m, Tensor q, Tensor keys, Tensor values, Tensor mask, double scale) {
        Dim heads = keys.dim(1);
        Dim sharing = Dim.of(q.dim(2).constant() / heads.constant());
        Tensor queries = q.reshape(q.dim(0), q.dim(1), heads, sharing, q.dim(3))
                .permute(0, 2, 3, 1, 4)
                .reshape(q.dim(0), heads, q.dim(1).times(sharing), q.dim(3)); // [B, K, (H/K)·T, Hd]
        Tensor y = m.options().fusedAttention()
                ? queries.attention(keys, values, mask, scale)
                : queries.scale(scale)
                        .matMul(keys, false, true)
                        .add(mask)
                        .softmax()
                        .matMul(values);
        return y.reshape(q.dim(0), heads, sharing, q.dim(1), q.dim(3))
                .permute(0, 3, 1, 2, 4)
                .reshape(q.dim(0), q.dim(1), q.dim(2).times(q.dim(3)));
    }

    /** Returns what all heads make of learned keys and values [1, P, K, Hd] alone, which are those of every text. */
    public static Tensor attendLearned(Module m, Tensor q, Tensor k, Tensor v, double scale) {
        Dim one = Dim.of(1);
        Dim sharing = Dim.of(q.dim(2).constant() / k.dim(2).constant());
        List<Dim> each = List.of(q.dim(0), k.dim(1), k.dim(2), k.dim(3));
        Tensor shown = q.zeros(List.of(one, one, q.dim(1).times(sharing), k.dim(1)));
        return attend(m, q, k.expand(each), v.expand(each), shown, scale);
    }

    /** Puts learned rows [P, K·Hd] or [B, P, K·Hd] before [B, S, K, Hd]. */
    private static Tensor prepend(Tensor learned, Tensor x) {
        Tensor each = VirtualTokens.forEach(x.dim(0), learned);
        return each.reshape(x.dim(0), each.dim(1), x.dim(2), x.dim(3)).concat(1, x);
    }

    /** Lets every query see the learned rows. */
    private static Tensor show(Tensor learned, Tensor mask) {
        return mask.zeros(List.of(mask.dim(0), mask.dim(1), mask.dim(2), learned.dim(-2)))
                .concat(3, mask);
    }
}
