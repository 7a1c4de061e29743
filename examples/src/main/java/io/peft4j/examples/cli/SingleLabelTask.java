package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.examples.compare.ReportFiles;
import io.peft4j.models.text.Prediction;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextModelLoader;
import io.peft4j.models.text.TextRow;
import io.peft4j.train.metrics.ClassificationReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Each text has exactly one of some labels. */
final class SingleLabelTask extends SequenceTask<TextClassifier, TextRow, Prediction, ClassificationReport> {

    @Override
    List<TextRow> read(Path file) throws IOException {
        return TextFile.readLabelledTexts(file);
    }

    @Override
    List<TextRow> read(Path file, List<String> labels) throws IOException {
        return TextFile.readLabelledTexts(file, labels);
    }

    @Override
    List<String> labels(List<TextRow> rows) {
        return TextRows.labels(rows);
    }

    @Override
    TextModelLoader<TextClassifier> loader(Path folder) {
        return TextClassifier.from(folder);
    }

    @Override
    void addScores(JsonObject object, ClassificationReport report) {
        object.addProperty("accuracy", report.accuracy());
        object.addProperty("macro_f1", report.macroF1());
        object.addProperty("matthews", report.matthews());
    }

    @Override
    void addLabels(JsonObject object, ClassificationReport report) {
        object.add("per_label", ReportFiles.perLabel(report.labels()));
    }

    @Override
    String text(ClassificationReport report) {
        return report.table(4);
    }

    @Override
    JsonObject json(Prediction prediction) {
        JsonObject object = new JsonObject();
        object.addProperty("text", prediction.text());
        object.addProperty("label", prediction.label());
        object.addProperty("score", prediction.score());
        object.add("scores", Json.numbers(prediction.scores()));
        return object;
    }
}
