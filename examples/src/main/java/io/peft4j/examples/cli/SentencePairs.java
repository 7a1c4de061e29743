package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.model.TaskType;
import io.peft4j.models.text.SentenceEncoder;
import io.peft4j.models.text.TextRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What verbs do with texts that belong together. */
final class SentencePairs {

    private SentencePairs() {}

    /** Returns whether adapters were trained for vectors of texts. */
    static boolean areFor(List<AdapterFolder> adapters) {
        return !adapters.isEmpty()
                && adapters.stream().allMatch(adapter -> adapter.taskType()
                        .filter(type -> type == TaskType.FEATURE_EXTRACTION)
                        .isPresent());
    }

    /** Loads an encoder. */
    static SentenceEncoder load(Path folder, BaseOptions options, int maxLength) throws IOException {
        SentenceEncoder encoder = SentenceEncoder.load(folder, options.dtype(), options.weights(), options.device());
        return maxLength > 0 ? encoder.truncatingAt(maxLength) : encoder;
    }

    /** Trains an adapter, saves it, and returns how it went. */
    static JsonObject train(SentenceEncoder model, AdapterTraining training, List<TextRow> rows, List<TextRow> held)
            throws IOException {
        return training.run(
                model,
                rows,
                (adapter, listener) -> model.train(adapter, rows, held, training.options(), listener),
                (report, adapter) -> {
                    if (!held.isEmpty()) {
                        report.addProperty(
                                "base_loss",
                                model.evaluate(Selection.none(), held).nats());
                        report.addProperty(
                                "loss",
                                model.evaluate(Selection.of(adapter), held).nats());
                    }
                });
    }
}
