package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.models.text.CompletionRow;
import io.peft4j.models.text.TaggedRow;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextGenerator;
import io.peft4j.models.text.TextRow;
import io.peft4j.models.text.TokenClassifier;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingOptions;
import io.peft4j.train.metrics.ClassificationReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains one adapter on a data file. */
@Command(
        name = "finetune",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Trains one adapter on texts with labels.")
final class FinetuneVerb implements Callable<Integer> {

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Option(
            names = "--task",
            defaultValue = "classification",
            description = "classification, token-classification or causal-lm. Default: classification")
    private String task = "";

    @Option(names = "--train", required = true, paramLabel = "FILE", description = "TSV or JSON lines, also .gz.")
    private @Nullable Path train;

    @Option(names = "--dev", paramLabel = "FILE", description = "Decides which epoch is kept.")
    private @Nullable Path dev;

    @Option(names = "--limit", defaultValue = "0", converter = Count.class, description = "Train on so many rows only.")
    private int limit;

    @Option(
            names = "--max-length",
            defaultValue = "0",
            converter = Count.class,
            description = "Tokens per text; longer ones are truncated.")
    private int maxLength;

    @Option(names = "--method", description = "The method. Default: lora")
    private @Nullable String method;

    @Mixin
    private MethodOptions settings = new MethodOptions();

    @Mixin
    private TrainingFlags training = new TrainingFlags();

    @Mixin
    private CheckpointFlags checkpoints = new CheckpointFlags();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the adapter goes.")
    private @Nullable Path out;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        methods();
        training.check();
        int code =
                switch (task) {
                    case "classification" -> classification();
                    case "token-classification" -> tokenClassification();
                    case "causal-lm" -> causalLanguageModelling();
                    default ->
                        throw new UsageException(
                                "--task must be classification, token-classification or causal-lm: " + task);
                };
        CheckpointFlags.remove(Objects.requireNonNull(out));
        return code;
    }

    private TrainingOptions options(String name) {
        return checkpoints.with(training.options(name, base.seed()), Objects.requireNonNull(out));
    }

    private int tokenClassification() throws IOException {
        Path folder = base.folder();
        List<TaggedRow> rows = TextRows.evenly(TextFile.readTagged(Objects.requireNonNull(train)), limit);
        List<TaggedRow> held = dev == null ? List.of() : TextFile.readTagged(dev);
        if (dev != null) {
            TaggedTexts.tags(held);
        }
        try (TokenClassifier model = TaggedTexts.load(folder, base, TaggedTexts.tags(rows), maxLength)) {
            Map.Entry<String, PeftConfig> chosen = chosen(model.base());
            TrainingOptions options = options(chosen.getKey());
            JsonObject report = TaggedTexts.train(
                    model, chosen.getKey(), chosen.getValue(), options, rows, held, Objects.requireNonNull(out));
            String scores = report.has("f1")
                    ? "; F1 of spans %.4f".formatted(report.get("f1").getAsDouble())
                    : "";
            System.out.println(json ? Json.pretty(report) : "saved " + out + scores);
        }
        return 0;
    }

    private int causalLanguageModelling() throws IOException {
        Path folder = base.folder();
        List<CompletionRow> rows = TextRows.evenly(TextFile.readCompletions(Objects.requireNonNull(train)), limit);
        List<CompletionRow> held = dev == null ? List.of() : TextFile.readCompletions(dev);
        try (TextGenerator loaded = LanguageModels.load(folder, base)) {
            TextGenerator model = maxLength > 0 ? loaded.truncatingAt(maxLength) : loaded;
            Map.Entry<String, PeftConfig> chosen = chosen(model.base());
            Path folderOfAdapter = Objects.requireNonNull(out);
            JsonObject report = LanguageModels.train(
                    model, chosen.getKey(), chosen.getValue(), options(chosen.getKey()), rows, held, folderOfAdapter);
            System.out.println(json ? Json.pretty(report) : summary(report));
        }
        return 0;
    }

    private String summary(JsonObject report) {
        return report.has("perplexity")
                ? "saved %s; perplexity %.3f, without the adapter %.3f"
                        .formatted(
                                out,
                                report.get("perplexity").getAsDouble(),
                                report.get("base_perplexity").getAsDouble())
                : "saved " + out;
    }

    private Map.Entry<String, PeftConfig> chosen(BaseModel model) throws IOException {
        return settings.configs(methods(), model.architecture().defaultTargets())
                .entrySet()
                .iterator()
                .next();
    }

    private List<String> methods() {
        return settings.methods(method == null ? List.of() : List.of(method), List.of("lora"));
    }

    private int classification() throws IOException {
        Path folder = base.folder();
        List<TextRow> rows = TextRows.evenly(TextFile.readTexts(Objects.requireNonNull(train)), limit);
        List<TextRow> held = dev == null ? List.of() : TextFile.readTexts(dev);
        if (dev != null) {
            TextRows.labels(held);
        }
        try (TextClassifier model = TextClassifiers.load(folder, base, TextRows.labels(rows), maxLength)) {
            Map.Entry<String, PeftConfig> chosen = chosen(model.base());
            train(model, chosen.getKey(), chosen.getValue(), rows, held);
        }
        return 0;
    }

    private void train(TextClassifier model, String name, PeftConfig config, List<TextRow> rows, List<TextRow> held)
            throws IOException {
        try (Adapter adapter = model.adapt(config, base.seed());
                Console console = new Console(name)) {
            ParameterCount count = ParameterCount.of(model.base(), adapter);
            System.err.println(count);
            Trainer.Result result = model.train(adapter, rows, held, options(name), console);
            model.save(adapter, Objects.requireNonNull(out));
            print(name, count, result, held.isEmpty() ? null : model.evaluate(adapter, held));
        }
    }

    private void print(
            String name, ParameterCount count, Trainer.Result result, @Nullable ClassificationReport report) {
        JsonObject object = TrainingReport.of(name, count, result);
        if (report != null) {
            object.addProperty("accuracy", report.accuracy());
            object.addProperty("macro_f1", report.macroF1());
        }
        System.out.println(json ? Json.pretty(object) : report == null ? "saved " + out : report.table(4));
    }
}
