package io.peft4j.models.text;

import ai.djl.Device;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.BaseModelLoader;
import io.peft4j.model.Task;
import io.peft4j.model.WeightStorage;
import io.peft4j.program.DType;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.MeanLoss;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A base model with its tokenizer that computes one vector for each text, as {@link SentencePooling} says: the mean of the
 * hidden states, of length 1, unless files of sentence-transformers say otherwise.
 */
public final class SentenceEncoder extends TextModel<SentenceEncoder> {

    private final boolean normalized;

    private SentenceEncoder(BaseModel base, Tokenizer tokenizer, boolean normalized, int maxLength, int batchSize) {
        super(base, tokenizer, maxLength, batchSize);
        this.normalized = normalized;
    }

    /**
     * Returns an encoder of a base model that was loaded for feature extraction, and takes over closing both; its vectors
     * have length 1.
     */
    public static SentenceEncoder of(BaseModel base, Tokenizer tokenizer) {
        return new SentenceEncoder(base, tokenizer, true, longest(base, tokenizer), DEFAULT_BATCH);
    }

    /** Loads a folder in Hugging Face layout, with the pooling that files of sentence-transformers say. */
    public static SentenceEncoder load(Path folder, DType precision, Device device) throws IOException {
        return load(folder, precision, WeightStorage.CONVERTED, device);
    }

    /** Loads a folder in Hugging Face layout, with the pooling that files of sentence-transformers say. */
    public static SentenceEncoder load(Path folder, DType precision, WeightStorage weights, Device device)
            throws IOException {
        return load(BaseModel.from(folder).precision(precision).weights(weights).device(device), folder);
    }

    private static SentenceEncoder load(BaseModelLoader loader, Path folder) throws IOException {
        SentencePooling pooling = SentencePooling.of(folder);
        Tokenizer tokenizer = Tokenizer.load(folder);
        try {
            BaseModel base = loader.task(Task.featureExtraction().withPooling(pooling.pooling()))
                    .load();
            try {
                int longest = Math.min(longest(base, tokenizer), pooling.maxLength());
                return new SentenceEncoder(base, tokenizer, pooling.normalized(), longest, DEFAULT_BATCH);
            } catch (RuntimeException e) {
                base.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    @Override
    SentenceEncoder with(int newMaxLength, int newBatchSize) {
        return new SentenceEncoder(base(), tokenizer(), normalized, newMaxLength, newBatchSize);
    }

    /** Returns a vector for each text, in their order. */
    public float[][] vectors(Selection selection, List<String> texts) {
        return vectorRows(
                selection,
                texts.stream().map(text -> new TextRow(text, null, null)).toList());
    }

    /** Returns a vector for the first text of each row, in their order. */
    public float[][] vectorRows(Selection selection, List<TextRow> rows) {
        RowTasks tasks = RowTasks.of(selection, rows, TextRow::task);
        List<Example> texts = examples(rows.stream().map(TextRow::text).toList(), room(selection));
        return inference()
                .rows(
                        selection,
                        IntStream.range(0, rows.size())
                                .mapToObj(i -> tasks.mark(i, texts.get(i)))
                                .toList(),
                        normalized ? "vector" : "pooled");
    }

    /**
     * Trains an adapter so that both texts of a row get vectors that are nearer to each other than to those of the other rows of a
     * batch, and leaves it as it was after the epoch with the least loss on {@code dev}.
     *
     * @throws IllegalArgumentException if a row has no second text
     */
    public Trainer.Result train(
            Adapter adapter,
            List<TextRow> train,
            List<TextRow> dev,
            TrainingOptions options,
            TrainingListener listener) {
        Selection selection = Selection.of(adapter);
        List<Example> examples = pairs(selection, train);
        Trainer trainer = new Trainer(base(), adapter, options, padId()).listener(listener);
        if (!dev.isEmpty()) {
            List<Example> held = pairs(selection, dev);
            trainer.keepBest(candidate -> -loss(Selection.of(candidate), held).nats());
        }
        return trainer.train(examples);
    }

    /** Returns the loss that training minimises, over batches of {@value #DEFAULT_BATCH} rows. */
    public MeanLoss evaluate(Selection selection, List<TextRow> rows) {
        return loss(selection, pairs(selection, rows));
    }

    private MeanLoss loss(Selection selection, List<Example> pairs) {
        return MeanLoss.of(base(), selection, new BatchSampler(batchSize(), padId()), pairs);
    }

    private List<Example> pairs(Selection selection, List<TextRow> rows) {
        RowTasks tasks = RowTasks.of(selection, rows, TextRow::task);
        int longest = room(selection);
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).textB() == null) {
                throw new IllegalArgumentException(
                        "every row needs a second text, column or field \"text_b\": row " + (i + 1));
            }
        }
        List<Example> anchors = examples(rows.stream().map(TextRow::text).toList(), longest);
        List<Example> partners =
                examples(rows.stream().map(row -> String.valueOf(row.textB())).toList(), longest);
        return IntStream.range(0, rows.size())
                .mapToObj(i -> tasks.mark(i, Example.ofPair(anchors.get(i), partners.get(i))))
                .toList();
    }

    private List<Example> examples(List<String> texts, int longest) {
        List<Encoding> encodings = tokenizer().encodeAll(texts, longest);
        tellTruncated(encodings, longest, "");
        return encodings.stream()
                .map(encoding -> Example.of(encoding.ids(), types(encoding), Example.IGNORED))
                .toList();
    }
}
