package io.peft4j.models.text;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Logits;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.train.Example;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import io.peft4j.train.metrics.SpanF1;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A base model with its tokenizer that tags the words of texts, with any adapter that is passed along.
 *
 * <p>The first token of a word stands for it, in training as in prediction; the others do not count, as in Hugging Face's
 * examples. A word without a token, because the text was truncated before it or the tokenizer drops it, is tagged
 * {@code O}. Safe for any number of threads. Close it when nobody needs it any more.
 */
public final class TokenClassifier extends TextModel<TokenClassifier> {

    private static final String OUTSIDE = "O";

    private TokenClassifier(BaseModel base, Tokenizer tokenizer, int maxLength, int batchSize) {
        super(base, tokenizer, maxLength, batchSize);
    }

    /**
     * Returns a classifier of a base model that was loaded for token classification, and takes over closing both.
     */
    public static TokenClassifier of(BaseModel base, Tokenizer tokenizer) {
        return new TokenClassifier(base, tokenizer, longest(base, tokenizer), DEFAULT_BATCH);
    }

    /** Returns a loader of a folder in Hugging Face layout; its labels are the tags. */
    public static TextModelLoader<TokenClassifier> from(Path folder) {
        return new TextModelLoader<>(folder, TaskType.TOKEN_CLS, Task::tokenClassification, TokenClassifier::of);
    }

    @Override
    TokenClassifier with(int newMaxLength, int newBatchSize) {
        return new TokenClassifier(base(), tokenizer(), newMaxLength, newBatchSize);
    }

    /** Returns the tags in the order of the logits. */
    public List<String> labels() {
        return base().task().labels();
    }

    /**
     * Trains an adapter and leaves it as it was after the epoch with the best F1 of spans on {@code dev}.
     *
     * @throws IllegalArgumentException listing the tags that the model does not have, and if there are rows in {@code dev}
     *     and a tag is none of O, B-type and I-type
     */
    public Trainer.Result train(
            Adapter adapter,
            List<TaggedRow> train,
            List<TaggedRow> dev,
            TrainingOptions options,
            TrainingListener listener) {
        Selection selection = Selection.of(adapter);
        checkTags(train);
        List<Example> examples = examples(train, encodings(words(train), selection), selection);
        Trainer trainer = new Trainer(base(), adapter, options, padId()).listener(listener);
        if (!dev.isEmpty()) {
            SpanF1.of(List.of(labels()), List.of(labels())); // Tags of another scheme fail here, not after an epoch.
            SpanF1.of(tags(dev), tags(dev));
            List<Encoding> held = encodings(words(dev), selection);
            trainer.keepBest(candidate -> SpanF1.of(tags(dev), tags(Selection.of(candidate), dev, held))
                    .micro()
                    .f1());
        }
        return trainer.train(examples);
    }

    /**
     * Scores adapters, or the base model alone, on tagged rows; a tag that the model does not have is never found.
     *
     * @throws IllegalArgumentException if a row has no tags, or one is none of O, B-type and I-type
     * @throws IllegalStateException if the head of the model is new and no adapter brings one
     */
    public SpanF1 evaluate(Selection selection, List<TaggedRow> rows) {
        List<List<String>> expected = tags(rows);
        return SpanF1.of(expected, predictRows(selection, rows));
    }

    /**
     * Returns a tag for each word of each text.
     *
     * @throws IllegalStateException if the head of the model is new and no adapter brings one
     */
    public List<List<String>> predict(Selection selection, List<List<String>> texts) {
        return predictRows(
                selection,
                texts.stream().map(words -> new TaggedRow(words, List.of())).toList());
    }

    /**
     * Returns a tag for each word of each row, whatever its tags.
     *
     * @throws IllegalStateException if the head of the model is new and no adapter brings one
     */
    public List<List<String>> predictRows(Selection selection, List<TaggedRow> rows) {
        TrainedHead.check(base(), selection);
        return tags(selection, rows, encodings(words(rows), selection));
    }

    private static List<List<String>> words(List<TaggedRow> rows) {
        return rows.stream().map(TaggedRow::tokens).toList();
    }

    private static List<List<String>> tags(List<TaggedRow> rows) {
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).tags().isEmpty()) {
                throw new IllegalArgumentException("every row needs tags, column or field \"tags\": row " + (i + 1));
            }
        }
        return rows.stream().map(TaggedRow::tags).toList();
    }

    private void checkTags(List<TaggedRow> rows) {
        UnknownLabels unknown = new UnknownLabels(labels());
        List<List<String>> tags = tags(rows);
        for (int i = 0; i < tags.size(); i++) {
            unknown.add(i, tags.get(i));
        }
        unknown.check("tags");
    }

    private List<Encoding> encodings(List<List<String>> texts, Selection selection) {
        int longest = room(selection);
        List<Encoding> encodings = texts.stream()
                .map(words -> tokenizer().encodeWords(words, longest))
                .toList();
        tellTruncated(encodings, longest, "; their last words count as " + OUTSIDE);
        return encodings;
    }

    private List<Example> examples(List<TaggedRow> rows, List<Encoding> encodings, Selection selection) {
        RowTasks tasks = RowTasks.of(selection, rows, TaggedRow::task);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            List<String> tags = rows.get(i).tags();
            Encoding encoding = encodings.get(i);
            int[] labels = new int[encoding.length()];
            for (int token = 0; token < labels.length; token++) {
                labels[token] = isFirst(encoding, token) && !tags.isEmpty()
                        ? labels().indexOf(tags.get(encoding.word(token)))
                        : Example.IGNORED;
            }
            examples.add(tasks.mark(i, Example.ofTokens(encoding.ids(), types(encoding), labels)));
        }
        return examples;
    }

    /** Returns the examples that training sees. */
    List<Example> examples(List<TaggedRow> rows) {
        return examples(rows, encodings(words(rows), Selection.none()), Selection.none());
    }

    /** Returns whether a token is the first of its word. */
    private static boolean isFirst(Encoding encoding, int token) {
        return !encoding.isSpecial(token)
                && (token == 0 || encoding.isSpecial(token - 1) || encoding.word(token - 1) != encoding.word(token));
    }

    private List<List<String>> tags(Selection selection, List<TaggedRow> rows, List<Encoding> encodings) {
        List<TaggedRow> untagged = rows.stream()
                .map(row -> new TaggedRow(row.tokens(), List.of(), row.task()))
                .toList();
        float[][] logits = inference().rows(selection, examples(untagged, encodings, selection), "logits");
        VirtualTokens learned = selection.adaptation().virtualTokens();
        List<List<String>> tags = new ArrayList<>();
        for (int i = 0; i < logits.length; i++) {
            tags.add(tags(rows.get(i).tokens().size(), encodings.get(i), logits[i], learned));
        }
        return tags;
    }

    /** Returns the tags of a text from its logits ((K + T)·L), where T is that of the longest text of the batch. */
    private List<String> tags(int words, Encoding encoding, float[] logits, VirtualTokens learned) {
        String[] tags = new String[words];
        Arrays.fill(tags, OUTSIDE);
        int count = labels().size();
        for (int token = 0; token < encoding.length(); token++) {
            if (isFirst(encoding, token)) {
                int row = learned.row(token) * count;
                int best = Logits.largest(Arrays.copyOfRange(logits, row, row + count));
                tags[encoding.word(token)] = labels().get(best);
            }
        }
        return List.of(tags);
    }
}
