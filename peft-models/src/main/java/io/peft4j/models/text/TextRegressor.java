package io.peft4j.models.text;

import io.peft4j.model.BaseModel;
import io.peft4j.model.Logits;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.train.Example;
import io.peft4j.train.metrics.Regression;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A base model with its tokenizer that gives texts, or pairs of texts, a number. */
public final class TextRegressor extends SequenceModel<TextRegressor, TextRow, Estimate, Regression> {

    /** What Hugging Face calls the only output. */
    private static final List<String> OUTPUT = List.of("LABEL_0");

    private static final int LISTED = 20;

    private TextRegressor(BaseModel base, Tokenizer tokenizer, int maxLength, int batchSize) {
        super(base, tokenizer, maxLength, batchSize);
    }

    /**
     * Returns a regressor of a base model that was loaded for one number per text, and takes over closing both.
     *
     * @throws IllegalArgumentException if the model is for something else
     */
    public static TextRegressor of(BaseModel base, Tokenizer tokenizer) {
        checkProblem(base, Task.Problem.REGRESSION);
        if (base.task().labels().size() != 1) {
            throw new IllegalArgumentException("%s gives %d numbers for a text, and one is supported"
                    .formatted(base.name(), base.task().labels().size()));
        }
        return new TextRegressor(base, tokenizer, longest(base, tokenizer), DEFAULT_BATCH);
    }

    /** Returns a loader of a folder in Hugging Face layout. */
    public static TextModelLoader<TextRegressor> from(Path folder) {
        return new TextModelLoader<>(
                        folder,
                        TaskType.SEQ_CLS,
                        labels -> Task.sequenceClassification(labels).withProblem(Task.Problem.REGRESSION),
                        TextRegressor::of)
                .labels(OUTPUT);
    }

    @Override
    TextRegressor with(int newMaxLength, int newBatchSize) {
        return new TextRegressor(base(), tokenizer(), newMaxLength, newBatchSize);
    }

    @Override
    TextRow text(TextRow row) {
        return row;
    }

    @Override
    void check(List<TextRow> rows) {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            String label = rows.get(i).label();
            if (label == null || !Double.isFinite(number(label))) {
                problems.add("%s (row %d)".formatted(label, i + 1));
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("%d labels are no finite numbers: %s"
                    .formatted(problems.size(), problems.subList(0, Math.min(LISTED, problems.size()))));
        }
    }

    private static double number(String label) {
        try {
            return Double.parseDouble(label);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    @Override
    Example example(Encoding encoding, @Nullable TextRow row) {
        String label = row == null ? null : row.label();
        return Example.ofValues(encoding.ids(), types(encoding), label == null ? 0 : (float) number(label));
    }

    @Override
    Estimate prediction(String text, float[] logits) {
        return new Estimate(text, logits[Logits.largest(logits)]);
    }

    @Override
    Regression report(float[][] logits, List<Example> examples) {
        double[] expected =
                examples.stream().mapToDouble(example -> example.values()[0]).toArray();
        double[] predicted = new double[logits.length];
        for (int row = 0; row < predicted.length; row++) {
            predicted[row] = logits[row][0];
        }
        return Regression.of(expected, predicted);
    }

    @Override
    double score(Regression report) {
        return -report.meanSquaredError();
    }
}
