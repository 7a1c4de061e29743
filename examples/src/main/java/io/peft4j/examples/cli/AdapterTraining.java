package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.models.text.TextModel;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Trains an adapter, saves it, and tells how it went: what {@code finetune} does whatever the task.
 *
 * @param name what the method is called
 * @param config its settings
 * @param options of the training
 * @param out where the adapter goes
 */
record AdapterTraining(String name, PeftConfig config, TrainingOptions options, Path out) {

    /** Trains an adapter on the rows of a task. */
    interface Fit {
        Trainer.Result train(Adapter adapter, TrainingListener listener);
    }

    /** Adds to a report how well an adapter does on rows that were held back, if there are any. */
    interface Scores {
        void add(JsonObject report, Adapter adapter);
    }

    /**
     * Trains a new adapter for a model, and returns the report.
     *
     * @param rows what it is trained on, whose fingerprint is kept beside it
     */
    JsonObject run(TextModel<?> model, List<?> rows, Fit fit, Scores scores) throws IOException {
        try (Adapter adapter = model.adapt(config, options.seed());
                Console console = new Console(name)) {
            ParameterCount count = ParameterCount.of(model.base(), adapter);
            System.err.println(count);
            Trainer.Result result = fit.train(adapter, console);
            model.save(adapter, out);
            JsonObject report = report(count, result);
            scores.add(report, adapter);
            TrainingRecord.of(options.seed(), rows, report).write(out);
            return report;
        }
    }

    private JsonObject report(ParameterCount count, Trainer.Result result) {
        JsonObject report = new JsonObject();
        report.addProperty("method", name);
        report.addProperty("trainable", count.trainable());
        report.addProperty("share", count.share());
        report.addProperty("train_seconds", result.seconds());
        report.addProperty("examples_per_second", result.examplesPerSecond());
        report.addProperty("best_epoch", result.bestEpoch());
        report.add("losses", Json.numbers(result.losses()));
        return report;
    }
}
