package io.peft4j.models.text;

import ai.djl.Device;
import io.peft4j.adapter.Selection;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A base model with its tokenizer that computes one vector of length 1 for each text: the normalised mean of the hidden
 * states. Safe for any number of threads.
 */
public final class SentenceEncoder implements AutoCloseable {

    private static final int BATCH = 32;

    private final BaseModel base;
    private final Tokenizer tokenizer;
    private final int maxLength;
    private final int batchSize;

    private SentenceEncoder(BaseModel base, Tokenizer tokenizer, int maxLength, int batchSize) {
        this.base = base;
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.batchSize = batchSize;
    }

    /** Loads a folder in Hugging Face layout. */
    public static SentenceEncoder load(Path folder, DType precision, Device device) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(folder);
        try {
            BaseModel base = BaseModel.from(folder)
                    .task(Task.featureExtraction())
                    .precision(precision)
                    .device(device)
                    .load();
            return new SentenceEncoder(base, tokenizer, base.architecture().maxLength(), BATCH);
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    /** Returns whether a folder holds a classifier. */
    public static boolean classifies(Path folder) throws IOException {
        Path file = folder.resolve("config.json");
        return new ModelConfig(PythonJson.read(file), file.toString())
                .className()
                .endsWith("ForSequenceClassification");
    }

    /** Returns the base model. */
    public BaseModel base() {
        return base;
    }

    /**
     * Returns the same encoder for texts of at most so many tokens; both share everything.
     *
     * @throws IllegalArgumentException if the model has not so many positions
     */
    public SentenceEncoder truncatingAt(int tokens) {
        int most = base.architecture().maxLength();
        if (tokens < 1 || tokens > most) {
            throw new IllegalArgumentException(
                    "maximum length must be in [1, %d], the positions of the model: %d".formatted(most, tokens));
        }
        return new SentenceEncoder(base, tokenizer, tokens, batchSize);
    }

    /** Returns the same encoder that computes so many texts at a time; both share everything. */
    public SentenceEncoder batchSize(int rows) {
        if (rows < 1) {
            throw new IllegalArgumentException("batch size must be positive: " + rows);
        }
        return new SentenceEncoder(base, tokenizer, maxLength, rows);
    }

    /** Returns a vector for each text, in their order. */
    public float[][] vectors(Selection selection, List<String> texts) {
        int longest = base.architecture().maxLength() - selection.positions();
        int most =
                Math.min(maxLength, Math.min(longest, tokenizer.modelMaxLength().orElse(longest)));
        List<Example> examples = tokenizer.encodeAll(texts, most).stream()
                .map(encoding -> Example.of(encoding.ids(), new int[encoding.length()], Example.IGNORED))
                .toList();
        return new Inference(base, new BatchSampler(batchSize, tokenizer.padId())).rows(selection, examples, "vector");
    }

    /** Closes the base model and the tokenizer. */
    @Override
    public void close() {
        base.close();
        tokenizer.close();
    }
}
