package io.peft4j.models.text;

import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.train.Example;
import io.peft4j.train.metrics.MultiLabelReport;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A base model with its tokenizer that says which of some labels texts have, any number of them. */
public final class MultiLabelClassifier
        extends SequenceModel<MultiLabelClassifier, MultiLabelRow, LabelSet, MultiLabelReport> {

    private MultiLabelClassifier(BaseModel base, Tokenizer tokenizer, int maxLength, int batchSize) {
        super(base, tokenizer, maxLength, batchSize);
    }

    /**
     * Returns a classifier of a base model that was loaded for several labels per text, and takes over closing both.
     *
     * @throws IllegalArgumentException if the model is for something else
     */
    public static MultiLabelClassifier of(BaseModel base, Tokenizer tokenizer) {
        checkProblem(base, Task.Problem.MULTI_LABEL_CLASSIFICATION);
        return new MultiLabelClassifier(base, tokenizer, longest(base, tokenizer), DEFAULT_BATCH);
    }

    /** Returns a loader of a folder in Hugging Face layout. */
    public static TextModelLoader<MultiLabelClassifier> from(Path folder) {
        return new TextModelLoader<>(
                folder,
                TaskType.SEQ_CLS,
                labels -> Task.sequenceClassification(labels).withProblem(Task.Problem.MULTI_LABEL_CLASSIFICATION),
                MultiLabelClassifier::of);
    }

    @Override
    MultiLabelClassifier with(int newMaxLength, int newBatchSize) {
        return new MultiLabelClassifier(base(), tokenizer(), newMaxLength, newBatchSize);
    }

    @Override
    TextRow text(MultiLabelRow row) {
        return new TextRow(row.text(), row.textB(), null, row.task());
    }

    @Override
    void check(List<MultiLabelRow> rows) {
        UnknownLabels unknown = new UnknownLabels(labels());
        for (int i = 0; i < rows.size(); i++) {
            unknown.add(i, rows.get(i).labels());
        }
        unknown.check("labels");
    }

    @Override
    Example example(Encoding encoding, @Nullable MultiLabelRow row) {
        float[] values = new float[labels().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = row != null && row.labels().contains(labels().get(i)) ? 1 : 0;
        }
        return Example.ofValues(encoding.ids(), types(encoding), values);
    }

    @Override
    LabelSet prediction(String text, float[] logits) {
        return LabelSet.of(text, logits, labels());
    }

    @Override
    MultiLabelReport report(float[][] logits, List<Example> examples) {
        boolean[][] expected = new boolean[logits.length][];
        boolean[][] predicted = new boolean[logits.length][];
        for (int row = 0; row < logits.length; row++) {
            expected[row] = above(examples.get(row).values(), 0.5f);
            predicted[row] = above(logits[row], 0);
        }
        return MultiLabelReport.of(expected, predicted, labels());
    }

    @Override
    double score(MultiLabelReport report) {
        return report.micro().f1();
    }

    private static boolean[] above(float[] values, float limit) {
        boolean[] above = new boolean[values.length];
        for (int i = 0; i < values.length; i++) {
            above[i] = values[i] > limit;
        }
        return above;
    }
}
