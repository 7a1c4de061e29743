package io.peft4j.models.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.util.PairList;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The tokenizer of a model, from the files in its Hugging Face folder; safe for use by many threads.
 *
 * <p>It encodes as Hugging Face's own does, except that nothing is ever padded and only the given length cuts anything off:
 * padding and truncation that {@code tokenizer.json} prescribes are ignored. It lies outside the Java heap until it is
 * closed.
 *
 * <p>Unless DJL is offline, it asks the network at each load which cloud it runs in, and on a machine with a GPU for other
 * native code. So this class sets the system property {@code ai.djl.offline} to {@code true}, unless that or the environment
 * variable {@code DJL_OFFLINE} is set.
 */
public final class Tokenizer implements AutoCloseable {

    static {
        if (System.getProperty("ai.djl.offline") == null && System.getenv("DJL_OFFLINE") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
    }

    private static final int BATCH = 1024;

    /** Words of four old scripts, which no vocabulary has. */
    private static final String STRANGE_WORDS = "\uD800\uDC00 \uD80C\uDC00 \uD808\uDC00 \uD81A\uDC00";

    private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

    private final HuggingFaceTokenizer tokenizer;
    private final TokenizerSettings settings;
    private final int vocabularySize;
    private final boolean encodesEverything;
    private final ReadWriteLock open = new ReentrantReadWriteLock();

    private Tokenizer(HuggingFaceTokenizer tokenizer, TokenizerSettings settings) {
        this.tokenizer = tokenizer;
        this.settings = settings;
        vocabularySize = settings.vocabulary().values().stream()
                .mapToInt(id -> id + 1)
                .max()
                .orElse(0);
        encodesEverything = canEncode(STRANGE_WORDS);
    }

    /**
     * Reads {@code tokenizer.json}, or the vocabulary that older folders have in its place, and where there {@code
     * tokenizer_config.json} and {@code special_tokens_map.json}.
     *
     * @throws IOException if there is no vocabulary, or one of the files makes no sense
     */
    public static Tokenizer load(Path folder) throws IOException {
        TokenizerFiles files = TokenizerFiles.read(folder);
        try {
            return new Tokenizer(open(files), files.settings());
        } catch (EngineException e) {
            throw e; // The native library is missing, which is no fault of the file.
        } catch (RuntimeException e) {
            throw new IOException("%s is no tokenizer: %s".formatted(files.file(), e.getMessage()), e);
        }
    }

    private static HuggingFaceTokenizer open(TokenizerFiles files) throws IOException {
        if (files.definition().isEmpty()) {
            return HuggingFaceTokenizer.builder()
                    .optTokenizerPath(files.file())
                    .optAddSpecialTokens(true)
                    .optPadding(false)
                    .optTruncation(false)
                    .build();
        }
        byte[] definition = files.definition().get().getBytes(StandardCharsets.UTF_8);
        Map<String, String> options = Map.of("addSpecialTokens", "true", "padding", "false", "truncation", "false");
        return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(definition), options);
    }

    /** Encodes a whole text, however long. */
    public Encoding encode(String text) {
        return encode(text, Integer.MAX_VALUE);
    }

    /**
     * Encodes a text.
     *
     * @param maxLength the largest number of tokens, special ones included
     * @throws IllegalArgumentException if the special tokens alone are more, or the text has a word that the vocabulary has
     *     no token for, not even one for unknown words
     */
    public Encoding encode(String text, int maxLength) {
        var whole = whileOpen(() -> tokenizer.encode(wellFormed(text), true, false));
        return Encoding.ofTexts(whole, List.of(text), maxLength, settings.truncationSide());
    }

    /**
     * Encodes a pair of texts.
     *
     * @param maxLength the largest number of tokens, special ones included; the longer text gives way first
     * @throws IllegalArgumentException as for one text
     */
    public Encoding encode(String text, String textB, int maxLength) {
        var whole = whileOpen(() -> tokenizer.encode(wellFormed(text), wellFormed(textB), true, false));
        return Encoding.ofTexts(whole, List.of(text, textB), maxLength, settings.truncationSide());
    }

    /** Encodes a whole text without the special tokens that the model wants around it. */
    public Encoding encodeWithoutSpecialTokens(String text) {
        var whole = whileOpen(() -> tokenizer.encode(wellFormed(text), false, false));
        return Encoding.ofTexts(whole, List.of(text), Integer.MAX_VALUE, settings.truncationSide());
    }

    /** Returns the tokens that a prompt starts from, special ones included as in Hugging Face PEFT; none if there is no other. */
    List<Integer> startOf(String text) {
        return encodeWithoutSpecialTokens(text).length() == 0
                ? List.of()
                : Arrays.stream(encode(text).ids()).boxed().toList();
    }

    /**
     * Encodes words that were split before; {@link Encoding#word} tells which of them a token belongs to.
     *
     * <p>Each word is encoded as it is after a space in a text, as Hugging Face does with {@code is_split_into_words} and
     * {@code add_prefix_space}.
     */
    public Encoding encodeWords(List<String> words, int maxLength) {
        String prefix = settings.prefixesWords() ? " " : "";
        List<String> prefixed =
                words.stream().map(word -> prefix + wellFormed(word)).toList();
        var whole = whileOpen(() -> tokenizer.encode(prefixed, true, false));
        return Encoding.ofWords(whole, words, prefix.length(), maxLength, settings.truncationSide());
    }

    /**
     * Encodes each of many texts; faster than one call for each.
     *
     * @throws IllegalArgumentException as for one text
     */
    public List<Encoding> encodeAll(List<String> texts, int maxLength) {
        return encodeRows(
                texts.stream().map(List::of).toList(),
                maxLength,
                batch -> tokenizer.batchEncode(column(batch, 0), true, false));
    }

    /** Encodes each of many pairs; faster than one call for each. */
    public List<Encoding> encodeAll(List<String> texts, List<String> textsB, int maxLength) {
        if (texts.size() != textsB.size()) {
            throw new IllegalArgumentException(
                    "each text needs a second one: %d texts, %d second ones".formatted(texts.size(), textsB.size()));
        }
        return encodeRows(
                IntStream.range(0, texts.size())
                        .mapToObj(i -> List.of(texts.get(i), textsB.get(i)))
                        .toList(),
                maxLength,
                batch -> tokenizer.batchEncode(new PairList<>(column(batch, 0), column(batch, 1)), true, false));
    }

    private List<Encoding> encodeRows(
            List<List<String>> rows,
            int maxLength,
            Function<List<List<String>>, ai.djl.huggingface.tokenizers.Encoding[]> natively) {
        if (!encodesEverything) {
            // Where a call for one text throws, the call for many ends the JVM.
            return rows.stream()
                    .map(row ->
                            row.size() == 1 ? encode(row.get(0), maxLength) : encode(row.get(0), row.get(1), maxLength))
                    .toList();
        }
        List<Encoding> encodings = new ArrayList<>(rows.size());
        for (int from = 0; from < rows.size(); from += BATCH) {
            List<List<String>> batch = rows.subList(from, Math.min(from + BATCH, rows.size()));
            var whole = whileOpen(() -> natively.apply(batch));
            for (int i = 0; i < whole.length; i++) {
                encodings.add(Encoding.ofTexts(whole[i], batch.get(i), maxLength, settings.truncationSide()));
            }
        }
        return List.copyOf(encodings);
    }

    private static List<String> column(List<List<String>> rows, int column) {
        return rows.stream().map(row -> wellFormed(row.get(column))).toList();
    }

    /** Half characters would cost the native side the whole text; they are no valid text in any encoding. */
    private static String wellFormed(String text) {
        return LONE_SURROGATE.matcher(text).replaceAll("\uFFFD");
    }

    private boolean canEncode(String text) {
        try {
            encode(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Keeps the native tokenizer alive during a call. */
    private <T> T whileOpen(Supplier<T> call) {
        open.readLock().lock();
        try {
            if (tokenizer.isReleased()) {
                throw new IllegalStateException("the tokenizer is closed");
            }
            return translated(call);
        } finally {
            open.readLock().unlock();
        }
    }

    private static <T> T translated(Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("the tokenizer cannot encode the text: " + e.getMessage(), e);
        }
    }

    /**
     * Returns the text of ids; ids that are not in the vocabulary leave no trace.
     *
     * @param skipSpecialTokens whether tokens that the vocabulary marks as special leave none either
     */
    public String decode(int[] ids, boolean skipSpecialTokens) {
        long[] wide = IntStream.of(ids).asLongStream().toArray();
        String text = whileOpen(() -> tokenizer.decode(wide, skipSpecialTokens));
        return settings.cleansUp() ? cleanUp(text) : text;
    }

    private static String cleanUp(String text) {
        String clean = text;
        for (String gap : List.of(" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're")) {
            clean = clean.replace(gap, gap.strip());
        }
        return clean;
    }

    /** Returns the id of a token as the vocabulary spells it. */
    public OptionalInt tokenToId(String token) {
        Integer id = settings.vocabulary().get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Returns the id of a special token, if the model has it. */
    public OptionalInt id(SpecialToken token) {
        Integer id = settings.specialIds().get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Returns the id to fill shorter rows of a batch with: the model's, else that of the end of a text, else 0. */
    public int padId() {
        return id(SpecialToken.PAD).orElseGet(() -> id(SpecialToken.EOS).orElse(0));
    }

    /** Returns where the model wants padding. */
    public Side paddingSide() {
        return settings.paddingSide();
    }

    /** Returns the number of tokens that the model was made for, if its files say so. */
    public OptionalInt modelMaxLength() {
        Integer length = settings.modelMaxLength();
        return length == null ? OptionalInt.empty() : OptionalInt.of(length);
    }

    /** Returns one more than the largest id. */
    public int vocabularySize() {
        return vocabularySize;
    }

    /** Frees the native memory, after calls under way have ended. */
    @Override
    public void close() {
        open.writeLock().lock();
        try {
            tokenizer.close();
        } finally {
            open.writeLock().unlock();
        }
    }
}
