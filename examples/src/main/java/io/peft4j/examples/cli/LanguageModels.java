package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.io.PythonJson;
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

    /** Returns whether a folder holds a checkpoint that was saved for causal language modelling. */
    static boolean isOne(Path folder) throws IOException {
        JsonObject config = PythonJson.read(folder.resolve("config.json"));
        String classes = String.valueOf(config.get("architectures"));
        return classes.contains("ForCausalLM") || classes.contains("LMHeadModel");
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
        String match = report.has("exact_match")
                ? ", exact match %.4f".formatted(report.get("exact_match").getAsDouble())
                : "";
        return "perplexity %.3f over %d tokens%s"
                .formatted(
                        report.get("perplexity").getAsDouble(),
                        report.get("tokens").getAsLong(),
                        match);
    }
}
