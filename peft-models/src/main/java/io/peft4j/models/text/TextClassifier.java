package io.peft4j.models.text;

import ai.djl.modality.Classifications;
import ai.djl.translate.Translator;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Task;
import io.peft4j.train.Batch;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import io.peft4j.train.metrics.ClassificationReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A base model with its tokenizer that sorts texts into labels, with any adapter that is passed along.
 *
 * <p>Safe for any number of threads. Close it when nobody needs it any more.
 */
public final class TextClassifier implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(TextClassifier.class);
    private static final int DEFAULT_BATCH = 32;
    private static final int LISTED = 20;

    private final BaseModel base;
    private final Tokenizer tokenizer;
    private final int maxLength;
    private final int batchSize;
    private final AtomicBoolean truncationTold = new AtomicBoolean();

    private TextClassifier(BaseModel base, Tokenizer tokenizer, int maxLength, int batchSize) {
        this.base = base;
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.batchSize = batchSize;
    }

    /**
     * Returns a classifier of a base model that was loaded for classification, and takes over closing both.
     *
     * @throws IllegalArgumentException if the model does not give each text exactly one label
     */
    public static TextClassifier of(BaseModel base, Tokenizer tokenizer) {
        checkProblem(base);
        int longest = base.architecture().maxLength();
        int saved = tokenizer.modelMaxLength().orElse(longest);
        return new TextClassifier(base, tokenizer, Math.min(longest, saved), DEFAULT_BATCH);
    }

    /** Refuses logits that mean something else, be it the task's or that of the checkpoint whose head is used. */
    private static void checkProblem(BaseModel base) {
        Task.Problem supported = Task.Problem.SINGLE_LABEL_CLASSIFICATION;
        Task.Problem saved =
                base.newWeights().isEmpty() ? new ModelConfig(base.config(), base.name()).problem() : supported;
        for (Task.Problem problem : List.of(base.task().problem(), saved)) {
            if (!problem.equals(supported)) {
                throw new IllegalArgumentException(
                        "%s is for %s (problem_type of config.json); a classifier of texts supports %s only"
                                .formatted(base.name(), problem.fileName(), supported.fileName()));
            }
        }
    }

    /** Returns a loader of a folder in Hugging Face layout. */
    public static TextClassifierLoader from(Path folder) {
        return new TextClassifierLoader(folder);
    }

    /** Returns the same classifier for texts of at most so many tokens; both share everything. */
    public TextClassifier truncatingAt(int tokens) {
        if (tokens < 1 || tokens > base.architecture().maxLength()) {
            throw new IllegalArgumentException("maximum length must be in [1, %d], the positions of the model: %d"
                    .formatted(base.architecture().maxLength(), tokens));
        }
        return new TextClassifier(base, tokenizer, tokens, batchSize);
    }

    /** Returns the same classifier that computes so many texts at once, 32 by default; both share everything. */
    public TextClassifier batchSize(int rows) {
        return new TextClassifier(base, tokenizer, maxLength, rows);
    }

    /** Returns the base model. */
    public BaseModel base() {
        return base;
    }

    /** Returns the labels in the order of the logits. */
    public List<String> labels() {
        return base.task().labels();
    }

    /** Makes an adapter with fresh parameters; the caller closes it. */
    public Adapter adapt(PeftConfig config, long seed) {
        return Adapter.create(base, PeftMethods.tokenised(config, tokenizer::startOf), seed);
    }

    /** Loads an adapter; the caller closes it. */
    public Adapter load(Path folder) throws IOException {
        return AdapterFolder.open(folder).load(base);
    }

    /** Saves an adapter. */
    public void save(Adapter adapter, Path folder) throws IOException {
        AdapterFolder.save(adapter, base, folder);
    }

    /** Trains an adapter and leaves it as it was after the epoch that does best on {@code dev}. */
    public Trainer.Result train(
            Adapter adapter,
            List<TextRow> train,
            List<TextRow> dev,
            TrainingOptions options,
            TrainingListener listener) {
        List<Example> examples = examples(train, room(Selection.of(adapter)));
        Trainer trainer = new Trainer(base, adapter, options, tokenizer.padId()).listener(listener);
        if (!dev.isEmpty()) {
            List<Example> held = examples(dev, room(Selection.of(adapter)));
            trainer.keepBest(candidate -> report(Selection.of(candidate), held).accuracy());
        }
        return trainer.train(examples);
    }

    /** Trains an adapter and leaves it as it was after the epoch that does best on {@code dev}. */
    public Trainer.Result train(Adapter adapter, List<TextRow> train, List<TextRow> dev, TrainingOptions options) {
        return train(adapter, train, dev, options, new TrainingListener() {});
    }

    /** Scores an adapter on labelled texts. */
    public ClassificationReport evaluate(Adapter adapter, List<TextRow> rows) {
        return evaluate(Selection.of(adapter), rows);
    }

    /** Scores adapters, or the base model alone, on labelled texts. */
    public ClassificationReport evaluate(Selection selection, List<TextRow> rows) {
        TrainedHead.check(base, selection);
        return report(selection, examples(rows, room(selection)));
    }

    /**
     * Says which labels texts have.
     *
     * @throws IllegalStateException if the head of the model is new and no adapter brings one
     */
    public List<Prediction> predict(Selection selection, List<String> texts) {
        TrainedHead.check(base, selection);
        List<TextRow> rows =
                texts.stream().map(text -> new TextRow(text, null, null)).toList();
        List<Example> examples = examples(rows, room(selection));
        float[][] logits = inference().rows(selection, examples, "logits");
        List<Prediction> predictions = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            predictions.add(Prediction.of(texts.get(i), logits[i], labels()));
        }
        return predictions;
    }

    /** Says which label a text has. */
    public Prediction predict(Adapter adapter, String text) {
        return predict(Selection.of(adapter), List.of(text)).get(0);
    }

    /** Returns how many tokens a text may have beside the positions that virtual tokens take. */
    private int room(Selection selection) {
        return room(selection.positions());
    }

    private int room(int taken) {
        return Math.min(maxLength, base.architecture().maxLength() - taken);
    }

    /**
     * Tokenises rows.
     *
     * @throws IllegalArgumentException listing the labels that the model does not have
     */
    public List<Example> examples(List<TextRow> rows) {
        return examples(rows, maxLength);
    }

    private List<Example> examples(List<TextRow> rows, int longest) {
        checkLabels(rows);
        List<Encoding> encodings = encode(rows, longest);
        List<Example> examples = new ArrayList<>();
        int truncated = 0;
        for (int i = 0; i < rows.size(); i++) {
            Encoding encoding = encodings.get(i);
            int[] types = new int[encoding.length()];
            for (int token = 0; token < types.length; token++) {
                types[token] = encoding.typeId(token);
            }
            String label = rows.get(i).label();
            examples.add(Example.of(encoding.ids(), types, label == null ? Example.IGNORED : labels().indexOf(label)));
            truncated += encoding.truncated() ? 1 : 0;
        }
        if (truncated > 0 && !truncationTold.getAndSet(true)) {
            logger.warn("{} of {} texts are longer than {} tokens and were truncated", truncated, rows.size(), longest);
        }
        return examples;
    }

    /** Returns rows as one padded batch; virtual tokens take so many of the model's positions. */
    Batch batch(List<TextRow> rows, int taken) {
        return new Batch(examples(rows, room(taken)), tokenizer.padId());
    }

    /** Returns what DJL's {@code Predictor} needs beside a block to classify texts. */
    public Translator<String, Classifications> translator() {
        return new ClassificationTranslator(this);
    }

    private List<Encoding> encode(List<TextRow> rows, int longest) {
        List<String> texts = rows.stream().map(TextRow::text).toList();
        boolean pairs = rows.stream().anyMatch(row -> row.textB() != null);
        if (!pairs) {
            return tokenizer.encodeAll(texts, longest);
        }
        List<String> second = rows.stream().map(row -> orEmpty(row.textB())).toList();
        return tokenizer.encodeAll(texts, second, longest);
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private void checkLabels(List<TextRow> rows) {
        SortedMap<String, Integer> unknown = new TreeMap<>();
        for (int i = 0; i < rows.size(); i++) {
            String label = rows.get(i).label();
            if (label != null && !labels().contains(label)) {
                unknown.putIfAbsent(label, i + 1);
            }
        }
        if (!unknown.isEmpty()) {
            List<String> listed = unknown.entrySet().stream()
                    .limit(LISTED)
                    .map(entry -> "%s (row %d)".formatted(entry.getKey(), entry.getValue()))
                    .toList();
            throw new IllegalArgumentException("%d labels are not among those of the model: %s; it has %s"
                    .formatted(unknown.size(), listed, labels()));
        }
    }

    private ClassificationReport report(Selection selection, List<Example> examples) {
        int[] expected = examples.stream().mapToInt(Example::label).toArray();
        int[] predicted = inference().labels(selection, examples);
        return ClassificationReport.of(expected, predicted, labels());
    }

    private Inference inference() {
        return new Inference(base, new BatchSampler(batchSize, tokenizer.padId()));
    }

    /** Closes the base model and the tokenizer. */
    @Override
    public void close() {
        base.close();
        tokenizer.close();
    }
}
