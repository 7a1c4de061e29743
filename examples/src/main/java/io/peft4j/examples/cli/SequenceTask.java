package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.io.PythonJson;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Task;
import io.peft4j.models.text.SequenceModel;
import io.peft4j.models.text.TextModelLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What verbs do with models that say something of whole texts.
 *
 * @param <M> the model
 * @param <W> a row of data
 * @param <P> what is said of a text
 * @param <R> how well that is done
 */
abstract class SequenceTask<M extends SequenceModel<M, W, P, R>, W, P, R> {

    /** Returns the task that adapters, or else the checkpoint of a folder, were made for. */
    static SequenceTask<?, ?, ?, ?> of(Path folder, List<AdapterFolder> adapters, List<String> labels)
            throws IOException {
        if (!labels.isEmpty()) {
            return of(TextClassifiers.problem(adapters, labels));
        }
        Path file = folder.resolve("config.json");
        return of(new ModelConfig(PythonJson.read(file), file.toString()).problem());
    }

    private static SequenceTask<?, ?, ?, ?> of(Task.Problem problem) {
        return switch (problem) {
            case SINGLE_LABEL_CLASSIFICATION -> new SingleLabelTask();
            case MULTI_LABEL_CLASSIFICATION -> new MultiLabelTask();
            case REGRESSION -> new RegressionTask();
        };
    }

    /** Reads rows, each with what is expected of it. */
    abstract List<W> read(Path file) throws IOException;

    /** Reads rows for a model of some labels. */
    List<W> read(Path file, List<String> labels) throws IOException {
        List<W> rows = read(file);
        labels(rows);
        return rows;
    }

    /** Returns the labels that a model for these rows needs. */
    abstract List<String> labels(List<W> rows);

    /** Returns a loader of a folder. */
    abstract TextModelLoader<M> loader(Path folder);

    /** Adds the scores of a report to an object. */
    abstract void addScores(JsonObject object, R report);

    /** Adds the scores of each label, if there are any. */
    abstract void addLabels(JsonObject object, R report);

    /** Returns a report as text. */
    abstract String text(R report);

    /** Returns a prediction as an object. */
    abstract JsonObject json(P prediction);

    /** Loads a model for some labels; without any, for those of its checkpoint. */
    final M load(Path folder, BaseOptions options, List<String> labels, int maxLength, int batchSize)
            throws IOException {
        TextModelLoader<M> loader = loader(folder)
                .precision(options.dtype())
                .weights(options.weights())
                .device(options.device())
                .seed(options.seed());
        M model = (labels.isEmpty() ? loader : loader.labels(labels)).load();
        M sized = maxLength > 0 ? model.truncatingAt(maxLength) : model;
        return batchSize > 0 ? sized.batchSize(batchSize) : sized;
    }

    /** Trains an adapter, saves it, prints how well it does on held rows, and returns how it went. */
    final JsonObject train(M model, AdapterTraining training, List<W> rows, List<W> held, boolean json)
            throws IOException {
        return training.run(
                model,
                rows,
                (adapter, listener) -> model.train(adapter, rows, held, training.options(), listener),
                (report, adapter) -> {
                    if (held.isEmpty()) {
                        System.out.print(json ? "" : "saved " + training.out() + "\n");
                    } else {
                        R scores = model.evaluate(adapter, held);
                        addScores(report, scores);
                        System.out.print(json ? "" : text(scores) + "\n");
                    }
                });
    }

    /** Scores adapters on a data file and prints the report. */
    final void evaluate(
            Path folder,
            BaseOptions options,
            List<AdapterFolder> adapters,
            Path data,
            int maxLength,
            int batchSize,
            boolean json)
            throws IOException {
        List<W> rows;
        R report;
        try (M model = load(folder, options, TextClassifiers.labels(adapters), maxLength, batchSize);
                LoadedAdapters loaded = LoadedAdapters.load(adapters, model.base())) {
            rows = read(data, model.base().task().labels());
            report = model.evaluate(loaded.selection(), rows);
        }
        JsonObject object = new JsonObject();
        object.addProperty("rows", rows.size());
        addScores(object, report);
        addLabels(object, report);
        System.out.println(json ? Json.pretty(object) : text(report));
    }
}
