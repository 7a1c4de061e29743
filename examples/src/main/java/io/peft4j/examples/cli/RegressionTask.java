package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.models.text.Estimate;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextModelLoader;
import io.peft4j.models.text.TextRegressor;
import io.peft4j.models.text.TextRow;
import io.peft4j.train.metrics.Regression;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Each text has a number. */
final class RegressionTask extends SequenceTask<TextRegressor, TextRow, Estimate, Regression> {

    @Override
    List<TextRow> read(Path file) throws IOException {
        return TextFile.readLabelledTexts(file);
    }

    /** Numbers need no labels. */
    @Override
    List<String> labels(List<TextRow> rows) {
        return List.of();
    }

    @Override
    TextModelLoader<TextRegressor> loader(Path folder) {
        return TextRegressor.from(folder);
    }

    @Override
    void addScores(JsonObject object, Regression report) {
        object.addProperty("mean_squared_error", report.meanSquaredError());
        object.addProperty("pearson", report.pearson());
        object.addProperty("spearman", report.spearman());
    }

    @Override
    void addLabels(JsonObject object, Regression report) {}

    @Override
    String text(Regression report) {
        return "mean squared error %.4f, Pearson %.4f, Spearman %.4f"
                .formatted(report.meanSquaredError(), report.pearson(), report.spearman());
    }

    @Override
    JsonObject json(Estimate estimate) {
        JsonObject object = new JsonObject();
        object.addProperty("text", estimate.text());
        object.addProperty("value", estimate.value());
        return object;
    }
}
