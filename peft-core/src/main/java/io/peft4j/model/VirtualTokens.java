package io.peft4j.model;

import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Learned tokens that an adaptation adds to every text, by where they join it.
 *
 * <p>A text of T tokens becomes one of K + T in the layers, K the rows; masks, types and labels grow with it. Positions
 * count rows among the words, and keys that say so; what joins behind the positions has none.
 *
 * @param words rows among the word embeddings, which get positions and types as words do
 * @param hidden rows among what the first layer gets, which have neither
 * @param keys learned keys and values that take up positions before the text without being rows
 * @param unmoving how many of these keys leave the positions of an encoder-decoder's answer as they are while it is
 *     written, so that its token i sees the first i + 1 of keys and tokens alone
 * @param placement where rows go
 */
public record VirtualTokens(int words, int hidden, int keys, int unmoving, Placement placement) {

    /** Where rows go. */
    public enum Placement {
        /** Before the whole text, the mark at its beginning included. */
        FIRST,
        /** Behind the first token, so that what reads the mark at the beginning still finds it there. */
        AFTER_FIRST
    }

    /** No learned tokens. */
    public static final VirtualTokens NONE = new VirtualTokens(0, 0, 0, 0, Placement.FIRST);

    public VirtualTokens {
        if (words < 0 || hidden < 0 || unmoving < 0 || keys < unmoving) {
            throw new IllegalArgumentException(
                    "learned tokens are counted from 0: %d words, %d hidden, %d keys, %d of them unmoving"
                            .formatted(words, hidden, keys, unmoving));
        }
    }

    /** Returns K rows among the word embeddings. */
    public static VirtualTokens words(int count, Placement placement) {
        return new VirtualTokens(count, 0, 0, 0, placement);
    }

    /** Returns K rows among what the first layer gets. */
    public static VirtualTokens hidden(int count, Placement placement) {
        return new VirtualTokens(0, count, 0, 0, placement);
    }

    /** Returns learned keys that move the positions of the text. */
    public static VirtualTokens keys(int count) {
        return new VirtualTokens(0, 0, count, 0, Placement.FIRST);
    }

    /** Returns learned keys that move the positions of the text, but not those of an answer while it is written. */
    public static VirtualTokens unmovingKeys(int count) {
        return new VirtualTokens(0, 0, count, count, Placement.FIRST);
    }

    /**
     * Returns these and others behind them.
     *
     * @throws IllegalArgumentException if rows of both go to different places
     */
    public VirtualTokens plus(VirtualTokens other) {
        if (rows() > 0 && other.rows() > 0 && placement != other.placement) {
            throw new IllegalArgumentException("rows of one prompt go %s, those of another %s; give both one placement"
                    .formatted(placement, other.placement));
        }
        return new VirtualTokens(
                words + other.words,
                hidden + other.hidden,
                keys + other.keys,
                unmoving + other.unmoving,
                rows() > 0 ? placement : other.placement);
    }

    /** Returns K, by how much texts are longer in the layers. */
    public int rows() {
        return words + hidden;
    }

    /** Returns how many positions the text cannot use. */
    public int positions() {
        return words + keys;
    }

    /** Returns in which row of the K + T a token of the text is. */
    public int row(int token) {
        return placement == Placement.AFTER_FIRST && token == 0 ? 0 : token + rows();
    }

    /** Returns the tensor [B, K + T, ...] of learned rows [B, K, ...] and those of a text [B, T, ...]. */
    public Tensor join(Tensor learned, Tensor text) {
        Dim one = Dim.of(1);
        return placement == Placement.FIRST
                ? learned.concat(1, text)
                : text.slice(1, Dim.of(0), one).concat(1, learned, text.slice(1, one, text.dim(1)));
    }

    /** Returns a tensor over tokens with one value at so many learned ones: [B, T] gives [B, count + T]. */
    public Tensor extend(Tensor text, int count, double value) {
        return count == 0 ? text : join(text.full(value, List.of(text.dim(0), Dim.of(count))), text);
    }

    /** Returns the rows of the text: [B, K + T, ...] gives [B, T, ...]. */
    public Tensor text(Tensor joined) {
        Dim k = Dim.of(rows());
        Dim one = Dim.of(1);
        Dim end = joined.dim(1);
        return placement == Placement.FIRST
                ? joined.slice(1, k, end)
                : joined.slice(1, Dim.of(0), one).concat(1, joined.slice(1, k.plus(one), end));
    }

    /** Returns learned rows [K, D] for each text of a batch: [B, K, D], which rows that are so already stay. */
    public static Tensor forEach(Dim batch, Tensor learned) {
        if (learned.type().rank() == 3) {
            return learned;
        }
        List<Dim> one = new ArrayList<>(List.of(Dim.of(1)));
        one.addAll(learned.type().shape());
        List<Dim> each = new ArrayList<>(List.of(batch));
        each.addAll(learned.type().shape());
        return learned.reshape(one).expand(each);
    }
}
