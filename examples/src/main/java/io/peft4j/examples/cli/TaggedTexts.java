package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Selection;
import io.peft4j.examples.compare.ReportFiles;
import io.peft4j.models.text.TaggedRow;
import io.peft4j.models.text.TokenClassifier;
import io.peft4j.train.metrics.SpanF1;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What verbs do with models that tag words. */
final class TaggedTexts {

    private TaggedTexts() {}

    /** Loads a base model for some tags; without any, for those of its checkpoint. */
    static TokenClassifier load(Path folder, BaseOptions options, List<String> tags, int maxLength) throws IOException {
        TokenClassifier model = TokenClassifier.from(folder)
                .labels(tags)
                .precision(options.dtype())
                .weights(options.weights())
                .device(options.device())
                .seed(options.seed())
                .load();
        return maxLength > 0 ? model.truncatingAt(maxLength) : model;
    }

    /** Returns the tags of rows in alphabetical order. */
    static List<String> tags(List<TaggedRow> rows) {
        return rows.stream()
                .flatMap(row -> row.tags().stream())
                .distinct()
                .sorted()
                .toList();
    }

    /** Trains an adapter, saves it, and returns how it went. */
    static JsonObject train(TokenClassifier model, AdapterTraining training, List<TaggedRow> rows, List<TaggedRow> held)
            throws IOException {
        return training.run(
                model,
                rows,
                (adapter, listener) -> model.train(adapter, rows, held, training.options(), listener),
                (report, adapter) -> {
                    if (!held.isEmpty()) {
                        addScores(report, model.evaluate(Selection.of(adapter), held));
                    }
                });
    }

    /** Adds the scores of spans. */
    static void addScores(JsonObject report, SpanF1 scores) {
        report.addProperty("precision", scores.micro().precision());
        report.addProperty("recall", scores.micro().recall());
        report.addProperty("f1", scores.micro().f1());
        report.addProperty("macro_f1", scores.macro().f1());
    }

    /** Returns the scores as an object. */
    static JsonObject json(int rows, SpanF1 scores) {
        JsonObject report = new JsonObject();
        report.addProperty("rows", rows);
        addScores(report, scores);
        report.add("per_label", ReportFiles.perLabel(scores.types()));
        return report;
    }

    /** Prints words and their tags as a JSON line. */
    static void print(List<String> words, List<String> tags) {
        JsonObject object = new JsonObject();
        object.addProperty("text", String.join(" ", words));
        object.add("tags", Json.texts(tags));
        System.out.println(Json.line(object));
    }
}
