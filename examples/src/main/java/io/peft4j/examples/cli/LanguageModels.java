package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.model.TaskType;
import io.peft4j.models.text.CompletionRow;
import io.peft4j.models.text.TextGenerator;
import io.peft4j.train.MeanLoss;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingOptions;
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
                .device(options.device())
                .load();
    }

    /** Trains an adapter, saves it, and returns how it went. */
    static JsonObject train(
            TextGenerator model,
            String name,
            PeftConfig config,
            TrainingOptions options,
            List<CompletionRow> rows,
            List<CompletionRow> held,
            Path out)
            throws IOException {
        try (Adapter adapter = model.adapt(config, options.seed());
                Console console = new Console(name)) {
            ParameterCount count = ParameterCount.of(model.base(), adapter);
            System.err.println(count);
            Trainer.Result result = model.train(adapter, rows, held, options, console);
            model.save(adapter, out);
            JsonObject report = TrainingReport.of(name, count, result);
            if (!held.isEmpty()) {
                report.addProperty(
                        "base_perplexity",
                        model.evaluate(Selection.none(), held).perplexity());
                report.addProperty(
                        "perplexity",
                        model.evaluate(Selection.of(adapter), held).perplexity());
                if (model.base().task().type() == TaskType.SEQ_2_SEQ_LM) {
                    report.addProperty("exact_match", model.exactMatch(Selection.of(adapter), held));
                }
            }
            return report;
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

    /** Returns the end of a line that says how many answers are right, empty if that was not asked. */
    static String exactMatch(JsonObject report) {
        return report.has("exact_match")
                ? ", exact match %.4f".formatted(report.get("exact_match").getAsDouble())
                : "";
    }
}
