package io.peft4j.examples.compare;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.io.AtomicFile;
import io.peft4j.train.metrics.LabelScores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes a comparison as {@code report.json} and {@code report.html}. */
public final class ReportFiles {

    private ReportFiles() {}

    /** Writes both files. */
    public static void write(Report report, Path folder) throws IOException {
        Files.createDirectories(folder);
        String json = new GsonBuilder()
                .setPrettyPrinting()
                .serializeNulls()
                .disableHtmlEscaping()
                .create()
                .toJson(json(report));
        AtomicFile.write(folder.resolve("report.json"), json + System.lineSeparator());
        AtomicFile.write(folder.resolve("report.html"), HtmlReport.of(report));
    }

    /** Returns the report; shares and scores are fractions. */
    public static JsonObject json(Report report) {
        JsonObject json = new JsonObject();
        json.addProperty("base", report.base());
        json.addProperty("task", report.task());
        json.addProperty("train_rows", report.trainRows());
        json.addProperty("dev_rows", report.devRows());
        json.addProperty("seed", report.seed());
        JsonObject versions = new JsonObject();
        report.versions().entrySet().stream()
                .sorted(java.util.Map.Entry.comparingByKey())
                .forEach(entry -> versions.addProperty(entry.getKey(), entry.getValue()));
        json.add("versions", versions);
        JsonArray rows = new JsonArray();
        report.rows().forEach(row -> rows.add(json(row)));
        json.add("rows", rows);
        JsonArray claims = new JsonArray();
        report.claims().forEach(claims::add);
        json.add("claims", claims);
        return json;
    }

    private static JsonObject json(Row row) {
        JsonObject json = new JsonObject();
        json.addProperty("method", row.method());
        json.addProperty("config", row.config());
        json.addProperty("trainable", row.size().trainable());
        json.addProperty("share", row.size().share());
        json.addProperty("bytes", row.size().bytes());
        json.addProperty("accuracy", row.quality().accuracy());
        json.addProperty("macro_f1", row.quality().macroF1());
        json.add("attainment", number(row.quality().attainment()));
        json.add("roi", number(row.returnOnInvestment()));
        json.addProperty("train_seconds", row.cost().seconds());
        json.addProperty("examples_per_second", row.cost().examplesPerSecond());
        json.addProperty("peak_rss_mb", row.cost().peakMegabytes());
        json.addProperty("latency_ms", row.cost().latency());
        json.addProperty("added_latency_ms", row.cost().addedLatency());
        json.addProperty("added_latency_share", row.cost().addedShare());
        json.add("per_label", perLabel(row.quality().labels()));
        JsonArray losses = new JsonArray();
        row.losses().forEach(losses::add);
        json.add("losses", losses);
        return json;
    }

    /** Returns the scores of labels by their names. */
    public static JsonObject perLabel(List<LabelScores> labels) {
        JsonObject json = new JsonObject();
        labels.forEach(label -> {
            JsonObject scores = new JsonObject();
            scores.addProperty("precision", label.scores().precision());
            scores.addProperty("recall", label.scores().recall());
            scores.addProperty("f1", label.scores().f1());
            scores.addProperty("support", label.support());
            json.add(label.label(), scores);
        });
        return json;
    }

    private static JsonElement number(double value) {
        return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
    }
}
