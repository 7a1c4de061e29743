package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.examples.compare.ReportFiles;
import io.peft4j.models.text.LabelSet;
import io.peft4j.models.text.MultiLabelClassifier;
import io.peft4j.models.text.MultiLabelRow;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextModelLoader;
import io.peft4j.train.metrics.MultiLabelReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Each text has any number of some labels. */
final class MultiLabelTask extends SequenceTask<MultiLabelClassifier, MultiLabelRow, LabelSet, MultiLabelReport> {

    @Override
    List<MultiLabelRow> read(Path file) throws IOException {
        return TextFile.readLabelSets(file);
    }

    @Override
    List<String> labels(List<MultiLabelRow> rows) {
        List<String> labels = rows.stream()
                .flatMap(row -> row.labels().stream())
                .distinct()
                .sorted()
                .toList();
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("no row has a label: column or field \"labels\"");
        }
        return labels;
    }

    @Override
    TextModelLoader<MultiLabelClassifier> loader(Path folder) {
        return MultiLabelClassifier.from(folder);
    }

    @Override
    void addScores(JsonObject object, MultiLabelReport report) {
        object.addProperty("accuracy", report.accuracy());
        object.addProperty("micro_f1", report.micro().f1());
        object.addProperty("macro_f1", report.macro().f1());
    }

    @Override
    void addLabels(JsonObject object, MultiLabelReport report) {
        object.add("per_label", ReportFiles.perLabel(report.labels()));
    }

    @Override
    String text(MultiLabelReport report) {
        return report.table(4);
    }

    @Override
    JsonObject json(LabelSet prediction) {
        JsonObject object = new JsonObject();
        object.addProperty("text", prediction.text());
        object.add("labels", Json.texts(prediction.labels()));
        object.add("scores", Json.numbers(prediction.scores()));
        return object;
    }
}
