package io.peft4j.models.text;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Task;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A base model with its tokenizer that says something of whole texts, or of pairs of texts.
 *
 * @param <M> the kind of model
 * @param <W> a row of data
 * @param <P> what is said of a text
 * @param <R> how well that is done
 */
public abstract sealed class SequenceModel<M extends SequenceModel<M, W, P, R>, W, P, R> extends TextModel<M>
        permits TextClassifier, MultiLabelClassifier, TextRegressor {

    SequenceModel(BaseModel base, Tokenizer tokenizer, int maxLength, int batchSize) {
        super(base, tokenizer, maxLength, batchSize);
    }

    /** Refuses logits that mean something else, be it the task's or that of the checkpoint whose head is used. */
    static void checkProblem(BaseModel base, Task.Problem problem) {
        Task.Problem saved =
                base.newWeights().isEmpty() ? new ModelConfig(base.config(), base.name()).problem() : problem;
        for (Task.Problem other : List.of(base.task().problem(), saved)) {
            if (other != problem) {
                throw new IllegalArgumentException(
                        "%s is for %s (problem_type of config.json), and its use here supports %s only"
                                .formatted(base.name(), other.fileName(), problem.fileName()));
            }
        }
    }

    /** Returns the row without what is expected of it. */
    abstract TextRow text(W row);

    /** Refuses rows that do not fit the labels of the model. */
    abstract void check(List<W> rows);

    /** Returns the example of a row; {@code row} is null where nothing is expected. */
    abstract Example example(Encoding encoding, @Nullable W row);

    /** Returns what logits say of a text. */
    abstract P prediction(String text, float[] logits);

    /** Compares logits with what was expected. */
    abstract R report(float[][] logits, List<Example> examples);

    /** Returns the number by which the best epoch is chosen, the more the better. */
    abstract double score(R report);

    /** Returns the labels in the order of the logits. */
    public final List<String> labels() {
        return base().task().labels();
    }

    /** Trains an adapter and leaves it as it was after the epoch that does best on {@code dev}. */
    public final Trainer.Result train(
            Adapter adapter, List<W> train, List<W> dev, TrainingOptions options, TrainingListener listener) {
        Selection selection = Selection.of(adapter);
        List<Example> examples = examples(selection, train);
        Trainer trainer = new Trainer(base(), adapter, options, padId()).listener(listener);
        if (!dev.isEmpty()) {
            List<Example> held = examples(selection, dev);
            trainer.keepBest(candidate -> score(report(Selection.of(candidate), held)));
        }
        return trainer.train(examples);
    }

    /** Trains an adapter and leaves it as it was after the epoch that does best on {@code dev}. */
    public final Trainer.Result train(Adapter adapter, List<W> train, List<W> dev, TrainingOptions options) {
        return train(adapter, train, dev, options, new TrainingListener() {});
    }

    /** Scores an adapter on labelled texts. */
    public final R evaluate(Adapter adapter, List<W> rows) {
        return evaluate(Selection.of(adapter), rows);
    }

    /**
     * Scores adapters, or the base model alone, on labelled texts.
     *
     * @throws IllegalStateException if the head of the model is new and no adapter brings one
     */
    public final R evaluate(Selection selection, List<W> rows) {
        TrainedHead.check(base(), selection);
        return report(selection, examples(selection, rows));
    }

    /**
     * Says what the model makes of texts.
     *
     * @throws IllegalStateException if the head of the model is new and no adapter brings one
     */
    public final List<P> predict(Selection selection, List<String> texts) {
        return predictRows(
                selection,
                texts.stream().map(text -> new TextRow(text, null, null)).toList());
    }

    /**
     * Says what the model makes of texts or pairs of texts, whatever their labels.
     *
     * @throws IllegalStateException if the head of the model is new and no adapter brings one
     */
    public final List<P> predictRows(Selection selection, List<TextRow> rows) {
        TrainedHead.check(base(), selection);
        float[][] logits = inference().rows(selection, unlabelled(selection, rows), "logits");
        List<P> predictions = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            predictions.add(prediction(rows.get(i).text(), logits[i]));
        }
        return predictions;
    }

    /** Says what the model makes of a text. */
    public final P predict(Adapter adapter, String text) {
        return predict(Selection.of(adapter), List.of(text)).get(0);
    }

    /**
     * Tokenises rows.
     *
     * @throws IllegalArgumentException listing the labels that do not fit the model
     */
    public final List<Example> examples(List<W> rows) {
        return examples(Selection.none(), rows);
    }

    /**
     * Tokenises rows for adapters: learned tokens leave less room, and of several tasks each row says which it is of.
     *
     * @throws IllegalArgumentException listing the labels that do not fit the model, or the tasks that the adapters have not
     */
    public final List<Example> examples(Selection selection, List<W> rows) {
        check(rows);
        List<TextRow> texts = rows.stream().map(this::text).toList();
        RowTasks tasks = RowTasks.of(selection, texts, TextRow::task);
        List<Encoding> encodings = encode(texts, room(selection));
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            examples.add(tasks.mark(i, example(encodings.get(i), rows.get(i))));
        }
        return examples;
    }

    private List<Example> unlabelled(Selection selection, List<TextRow> rows) {
        RowTasks tasks = RowTasks.of(selection, rows, TextRow::task);
        List<Example> examples = unlabelled(rows, room(selection));
        return IntStream.range(0, rows.size())
                .mapToObj(i -> tasks.mark(i, examples.get(i)))
                .toList();
    }

    private List<Example> unlabelled(List<TextRow> rows, int longest) {
        return encode(rows, longest).stream()
                .map(encoding -> example(encoding, null))
                .toList();
    }

    /** Returns rows as one padded batch; virtual tokens take so many of the model's positions. */
    final Batch batch(List<TextRow> rows, int taken) {
        return new Batch(unlabelled(rows, room(taken)), padId());
    }

    private List<Encoding> encode(List<TextRow> rows, int longest) {
        List<String> texts = rows.stream().map(TextRow::text).toList();
        boolean pairs = rows.stream().anyMatch(row -> row.textB() != null);
        List<Encoding> encodings = pairs
                ? tokenizer()
                        .encodeAll(
                                texts,
                                rows.stream().map(row -> orEmpty(row.textB())).toList(),
                                longest)
                : tokenizer().encodeAll(texts, longest);
        tellTruncated(encodings, longest, "");
        return encodings;
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private R report(Selection selection, List<Example> examples) {
        return report(inference().rows(selection, examples, "logits"), examples);
    }
}
