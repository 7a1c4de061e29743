package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.train.Trainer;

/** What training an adapter took, whatever the task; the scores are added to it. */
final class TrainingReport {

    private TrainingReport() {}

    static JsonObject of(String method, ParameterCount count, Trainer.Result result) {
        JsonObject report = new JsonObject();
        report.addProperty("method", method);
        report.addProperty("trainable", count.trainable());
        report.addProperty("share", count.share());
        report.addProperty("train_seconds", result.seconds());
        report.addProperty("examples_per_second", result.examplesPerSecond());
        report.addProperty("best_epoch", result.bestEpoch());
        report.add("losses", Json.numbers(result.losses()));
        return report;
    }
}
