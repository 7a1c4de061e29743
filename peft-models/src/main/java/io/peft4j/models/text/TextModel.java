package io.peft4j.models.text;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ModelConfig;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Inference;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A base model with its tokenizer, which computes with any adapter that is passed along.
 *
 * <p>Safe for any number of threads. Close it when nobody needs it any more.
 *
 * @param <M> the kind of model
 */
public abstract sealed class TextModel<M extends TextModel<M>> implements AutoCloseable
        permits SequenceModel, TokenClassifier, TextGenerator, SentenceEncoder {

    /** How many texts are computed at once unless told otherwise. */
    static final int DEFAULT_BATCH = 32;

    private static final Logger logger = LoggerFactory.getLogger(TextModel.class);

    private final BaseModel base;
    private final Tokenizer tokenizer;
    private final int maxLength;
    private final int batchSize;
    private final AtomicBoolean truncationTold = new AtomicBoolean();

    /**
     * Takes a model and its tokenizer.
     *
     * @throws IllegalArgumentException if the tokenizer has ids that the model has no rows for
     */
    TextModel(BaseModel base, Tokenizer tokenizer, int maxLength, int batchSize) {
        checkVocabulary(base, tokenizer);
        this.base = base;
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.batchSize = batchSize;
    }

    private static void checkVocabulary(BaseModel base, Tokenizer tokenizer) {
        long rows = base.vocabularySize();
        if (tokenizer.vocabularySize() > rows) {
            throw new IllegalArgumentException(
                    "the tokenizer has ids up to %d, but %s has embeddings for %d tokens (vocab_size); they are not of one model"
                            .formatted(tokenizer.vocabularySize() - 1, base.name(), rows));
        }
    }

    /** Returns what texts are truncated at by the files of both. */
    static int longest(BaseModel base, Tokenizer tokenizer) {
        int longest = base.architecture().maxLength();
        return Math.min(longest, tokenizer.modelMaxLength().orElse(longest));
    }

    /** Returns the base model. */
    public final BaseModel base() {
        return base;
    }

    final Tokenizer tokenizer() {
        return tokenizer;
    }

    /**
     * Returns what fills the end of shorter rows: the token by which the model knows padding, or else the tokenizer's.
     *
     * <p>A decoder finds the last token of a text by it, and RoBERTa its positions.
     */
    final int padId() {
        int own = new ModelConfig(base.config(), base.name()).token("pad_token_id");
        return own < 0 ? tokenizer.padId() : own;
    }

    final int maxLength() {
        return maxLength;
    }

    final int batchSize() {
        return batchSize;
    }

    /** Returns the same model with other limits; both share everything. */
    abstract M with(int newMaxLength, int newBatchSize);

    /** Returns the fewest tokens that texts can be truncated at. */
    int least() {
        return 1;
    }

    /** Returns the same model for texts of at most so many tokens; both share everything. */
    public final M truncatingAt(int tokens) {
        if (tokens < least() || tokens > base.architecture().maxLength()) {
            throw new IllegalArgumentException("maximum length must be in [%d, %d], the positions of the model: %d"
                    .formatted(least(), base.architecture().maxLength(), tokens));
        }
        return with(tokens, batchSize);
    }

    /** Returns the same model that computes so many texts at once; both share everything. */
    public final M batchSize(int rows) {
        if (rows < 1) {
            throw new IllegalArgumentException("batch size must be positive: " + rows);
        }
        return with(maxLength, rows);
    }

    /** Makes an adapter with fresh parameters; the caller closes it. */
    public final Adapter adapt(PeftConfig config, long seed) {
        return Adapter.create(base, PeftMethods.tokenised(config, tokenizer::startOf), seed);
    }

    /**
     * Checks that {@link #adapt} can make an adapter, without making one.
     *
     * @throws IllegalArgumentException listing everything in the settings that the model cannot serve
     */
    public final void check(PeftConfig config) {
        Adapter.check(base, PeftMethods.tokenised(config, tokenizer::startOf));
    }

    /** Loads an adapter; the caller closes it. */
    public final Adapter load(Path folder) throws IOException {
        return AdapterFolder.open(folder).load(base);
    }

    /** Saves an adapter. */
    public final void save(Adapter adapter, Path folder) throws IOException {
        AdapterFolder.save(adapter, base, folder);
    }

    /** Returns how many tokens a text may have where learned tokens take so many positions. */
    final int room(int learned) {
        return Math.min(maxLength, base.architecture().maxLength() - learned);
    }

    /** Returns how many tokens a text may have beside the positions that learned tokens take. */
    final int room(Selection selection) {
        return room(selection.positions());
    }

    final Inference inference() {
        return new Inference(base, new BatchSampler(batchSize, padId()));
    }

    /** Warns once that texts were truncated; {@code consequence} is what follows from it, or empty. */
    final void tellTruncated(List<Encoding> encodings, int longest, String consequence) {
        long truncated = encodings.stream().filter(Encoding::truncated).count();
        if (truncated > 0 && !truncationTold.getAndSet(true)) {
            logger.warn(
                    "{} of {} texts are longer than {} tokens and were truncated{}",
                    truncated,
                    encodings.size(),
                    longest,
                    consequence);
        }
    }

    static int[] types(Encoding encoding) {
        int[] types = new int[encoding.length()];
        for (int token = 0; token < types.length; token++) {
            types[token] = encoding.typeId(token);
        }
        return types;
    }

    /** Closes the base model and the tokenizer. */
    @Override
    public final void close() {
        base.close();
        tokenizer.close();
    }
}
