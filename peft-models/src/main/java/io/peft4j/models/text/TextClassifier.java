package io.peft4j.models.text;

import ai.djl.modality.Classifications;
import ai.djl.translate.Translator;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Logits;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.train.Example;
import io.peft4j.train.metrics.ClassificationReport;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A base model with its tokenizer that sorts texts into labels, each text into exactly one. */
public final class TextClassifier extends SequenceModel<TextClassifier, TextRow, Prediction, ClassificationReport> {

    private TextClassifier(BaseModel base, Tokenizer tokenizer, int maxLength, int batchSize) {
        super(base, tokenizer, maxLength, batchSize);
    }

    /**
     * Returns a classifier of a base model that was loaded for classification, and takes over closing both.
     *
     * @throws IllegalArgumentException if the model does not give each text exactly one label
     */
    public static TextClassifier of(BaseModel base, Tokenizer tokenizer) {
        checkProblem(base, Task.Problem.SINGLE_LABEL_CLASSIFICATION);
        return new TextClassifier(base, tokenizer, longest(base, tokenizer), DEFAULT_BATCH);
    }

    /** Returns a loader of a folder in Hugging Face layout. */
    public static TextModelLoader<TextClassifier> from(Path folder) {
        return new TextModelLoader<>(folder, TaskType.SEQ_CLS, Task::sequenceClassification, TextClassifier::of);
    }

    @Override
    TextClassifier with(int newMaxLength, int newBatchSize) {
        return new TextClassifier(base(), tokenizer(), newMaxLength, newBatchSize);
    }

    /** Returns what DJL's {@code Predictor} needs beside a block to classify texts. */
    public Translator<String, Classifications> translator() {
        return new ClassificationTranslator(this);
    }

    @Override
    TextRow text(TextRow row) {
        return row;
    }

    @Override
    void check(List<TextRow> rows) {
        UnknownLabels unknown = new UnknownLabels(labels());
        for (int i = 0; i < rows.size(); i++) {
            String label = rows.get(i).label();
            unknown.add(i, label == null ? List.of() : List.of(label));
        }
        unknown.check("labels");
    }

    @Override
    Example example(Encoding encoding, @Nullable TextRow row) {
        String label = row == null ? null : row.label();
        return Example.of(encoding.ids(), types(encoding), label == null ? Example.IGNORED : labels().indexOf(label));
    }

    @Override
    Prediction prediction(String text, float[] logits) {
        return Prediction.of(text, logits, labels());
    }

    @Override
    ClassificationReport report(float[][] logits, List<Example> examples) {
        int[] expected = examples.stream().mapToInt(Example::label).toArray();
        int[] predicted = Arrays.stream(logits).mapToInt(Logits::largest).toArray();
        return ClassificationReport.of(expected, predicted, labels());
    }

    @Override
    double score(ClassificationReport report) {
        return report.accuracy();
    }
}
