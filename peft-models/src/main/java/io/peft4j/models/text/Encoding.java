package io.peft4j.models.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a text, of a pair of texts, or of a list of words; immutable.
 *
 * <p>There is no padding in it, so every token is to be attended to.
 */
public final class Encoding {

    private final int[] ids;
    private final int[] typeIds;
    private final int[] sequences;
    private final int[] words;
    private final int[] starts;
    private final int[] ends;
    private final boolean truncated;

    private Encoding(ai.djl.huggingface.tokenizers.Encoding whole, int[] sequences, int[] kept, SpanSource source) {
        CharSpan[] points = whole.getCharTokenSpans();
        ids = pick(whole.getIds(), kept);
        typeIds = pick(whole.getTypeIds(), kept);
        words = pick(whole.getWordIds(), kept);
        this.sequences = IntStream.of(kept).map(i -> sequences[i]).toArray();
        starts = new int[kept.length];
        ends = new int[kept.length];
        for (int i = 0; i < kept.length; i++) {
            CharSpan span = points[kept[i]];
            if (this.sequences[i] >= 0 && span != null) {
                IntUnaryOperator chars = source.chars(this.sequences[i], words[i]);
                starts[i] = chars.applyAsInt(span.getStart());
                ends[i] = chars.applyAsInt(span.getEnd());
            }
        }
        truncated = kept.length < sequences.length;
    }

    /** Finds the string that a token comes from. */
    private interface SpanSource {
        /** Returns the mapping from places in that string as the native side counts them to chars. */
        IntUnaryOperator chars(int sequence, int word);
    }

    /**
     * Returns what stays of a native encoding.
     *
     * @param texts the text, or the two texts
     */
    static Encoding ofTexts(
            ai.djl.huggingface.tokenizers.Encoding whole, List<String> texts, int maxLength, Side side) {
        List<IntUnaryOperator> chars =
                texts.stream().map(text -> charsOfPoints(text, 0)).toList();
        return of(whole, maxLength, side, (sequence, word) -> chars.get(sequence));
    }

    /**
     * Returns what stays of a native encoding of words.
     *
     * @param prefix how many chars stood before each of them
     */
    static Encoding ofWords(
            ai.djl.huggingface.tokenizers.Encoding whole, List<String> words, int prefix, int maxLength, Side side) {
        return of(whole, maxLength, side, (sequence, word) -> charsOfPoints(words.get(word), prefix));
    }

    private static Encoding of(
            ai.djl.huggingface.tokenizers.Encoding whole, int maxLength, Side side, SpanSource source) {
        long[] special = whole.getSpecialTokenMask();
        long[] sequenceIds = whole.getSequenceIds();
        int[] sequences = IntStream.range(0, special.length)
                .map(i -> special[i] == 1 ? -1 : (int) sequenceIds[i])
                .toArray();
        return new Encoding(whole, sequences, Truncation.kept(sequences, maxLength, side), source);
    }

    private static int[] pick(long[] values, int[] kept) {
        return IntStream.of(kept).map(i -> (int) values[i]).toArray();
    }

    /** The native side counts code points, and may have been given a prefix. */
    private static IntUnaryOperator charsOfPoints(String text, int prefix) {
        int points = text.codePointCount(0, text.length());
        if (points == text.length()) {
            return point -> Math.max(0, point - prefix);
        }
        int[] chars = new int[points + 1];
        for (int i = 0; i < points; i++) {
            chars[i + 1] = text.offsetByCodePoints(chars[i], 1);
        }
        return point -> chars[Math.max(0, point - prefix)];
    }

    /** Returns the number of tokens, special ones included. */
    public int length() {
        return ids.length;
    }

    /** Returns the ids of all tokens. */
    public int[] ids() {
        return ids.clone();
    }

    /** Returns the number of a token in the vocabulary. */
    public int id(int token) {
        return ids[token];
    }

    /** Returns the segment that a token belongs to, as BERT-like models want it. */
    public int typeId(int token) {
        return typeIds[token];
    }

    /** Returns whether a token was added to the text, like a separator. */
    public boolean isSpecial(int token) {
        return sequences[token] < 0;
    }

    /** Returns 0 for a token of the first text, 1 for one of the second, -1 for a special one. */
    public int sequence(int token) {
        return sequences[token];
    }

    /** Returns the index of the word that a token is a piece of, counted in its own text, or -1 for a special one. */
    public int word(int token) {
        return words[token];
    }

    /** Returns the place of a token in its text, or in its word if words were encoded; [0, 0) for a special one. */
    public Span span(int token) {
        return new Span(starts[token], ends[token]);
    }

    /** Returns whether tokens were left out to keep to the maximum length. */
    public boolean truncated() {
        return truncated;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Encoding that
                && truncated == that.truncated
                && Arrays.equals(ids, that.ids)
                && Arrays.equals(typeIds, that.typeIds)
                && Arrays.equals(sequences, that.sequences)
                && Arrays.equals(words, that.words)
                && Arrays.equals(starts, that.starts)
                && Arrays.equals(ends, that.ends);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
        return Arrays.toString(ids) + (truncated ? " (truncated)" : "");
    }
}
