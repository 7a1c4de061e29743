package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Selection;
import io.peft4j.model.TaskType;
import io.peft4j.models.text.CompletionRow;
import io.peft4j.models.text.TextGenerator;
import io.peft4j.train.MeanLoss;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What verbs do with models that generate. */
final class LanguageModels {

    private LanguageModels() {}

    /**
     * Loads a base model that generates in one way.
     *
     * @throws UsageException if the model generates in another
     */
    static TextGenerator load(Path folder, BaseOptions options, TaskType type) throws IOException {
        TextGenerator model = load(folder, options);
        TaskType own = model.base().task().type();
        if (own != type) {
            model.close();
            throw new UsageException(
                    own == TaskType.SEQ_2_SEQ_LM
                            ? "%s is an encoder-decoder: give --task seq2seq".formatted(options.name())
                            : "%s has no encoder: give --task causal-lm".formatted(options.name()));
        }
        return model;
    }

    /** Loads a base model. */
    static TextGenerator load(Path folder, BaseOptions options) throws IOException {
        return TextGenerator.from(folder)
                .precision(options.dtype())
                .weights(options.weights())
                .device(options.device())
                .load();
    }

    /** Trains an adapter, saves it, and returns how it went. */
    static JsonObject train(
            TextGenerator model, AdapterTraining training, List<CompletionRow> rows, List<CompletionRow> held)
            throws IOException {
        return training.run(
                model,
                rows,
                (adapter, listener) -> model.train(adapter, rows, held, training.options(), listener),
                (report, adapter) -> {
                    if (!held.isEmpty()) {
                        addScores(report, model, Selection.of(adapter), held);
                    }
                });
    }

    private static void addScores(
            JsonObject report, TextGenerator model, Selection selection, List<CompletionRow> held) {
        if (model.base().newWeights().isEmpty()) {
            report.addProperty(
                    "base_perplexity", model.evaluate(Selection.none(), held).perplexity());
        }
        report.addProperty("perplexity", model.evaluate(selection, held).perplexity());
        if (model.base().task().type() == TaskType.SEQ_2_SEQ_LM) {
            report.addProperty("exact_match", model.exactMatch(selection, held));
        }
    }

    /** Returns how well a model predicts texts. */
    static JsonObject evaluate(TextGenerator model, Selection selection, List<CompletionRow> rows) {
        MeanLoss loss = model.evaluate(selection, rows);
        JsonObject report = new JsonObject();
        report.addProperty("rows", rows.size());
        report.addProperty("tokens", loss.tokens());
        report.addProperty("loss", loss.nats());
        report.addProperty("perplexity", loss.perplexity());
        return report;
    }

    /** Returns a report of {@link #evaluate} as text. */
    static String summary(JsonObject report) {
        return "perplexity %.3f over %d tokens%s"
                .formatted(
                        report.get("perplexity").getAsDouble(),
                        report.get("tokens").getAsLong(),
                        exactMatch(report));
    }

    /** Returns a report of training as text. */
    static String trained(JsonObject report) {
        String before = report.has("base_perplexity")
                ? ", without the adapter %.3f"
                        .formatted(report.get("base_perplexity").getAsDouble())
                : "";
        return report.has("perplexity")
                ? "; perplexity %.3f%s%s".formatted(report.get("perplexity").getAsDouble(), before, exactMatch(report))
                : "";
    }

    /** Returns the end of a line that says how many answers are right, empty if that was not asked. */
    static String exactMatch(JsonObject report) {
        return report.has("exact_match")
                ? ", exact match %.4f".formatted(report.get("exact_match").getAsDouble())
                : "";
    }
}
