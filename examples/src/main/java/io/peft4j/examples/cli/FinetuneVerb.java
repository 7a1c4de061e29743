package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TaskType;
import io.peft4j.models.text.CompletionRow;
import io.peft4j.models.text.SentenceEncoder;
import io.peft4j.models.text.SequenceModel;
import io.peft4j.models.text.TaggedRow;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextGenerator;
import io.peft4j.models.text.TextRow;
import io.peft4j.models.text.TokenClassifier;
import io.peft4j.train.TrainingOptions;
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

    private static final String TASKS =
            "classification, multi-label, regression, token-classification, sentence-pairs, causal-lm, seq2seq";

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Option(names = "--task", description = TASKS + ". Default: seq2seq for encoder-decoders, else classification")
    private @Nullable String task;

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
        OutputFolder.check(Objects.requireNonNull(out));
        String asked = task == null ? usualTask() : task;
        int code =
                switch (asked) {
                    case "classification" -> sequences(new SingleLabelTask());
                    case "multi-label" -> sequences(new MultiLabelTask());
                    case "regression" -> sequences(new RegressionTask());
                    case "sentence-pairs" -> sentencePairs();
                    case "token-classification" -> tokenClassification();
                    case "causal-lm" -> generation(TaskType.CAUSAL_LM);
                    case "seq2seq" -> generation(TaskType.SEQ_2_SEQ_LM);
                    default -> throw new UsageException("--task must be one of %s: %s".formatted(TASKS, asked));
                };
        CheckpointFlags.remove(Objects.requireNonNull(out));
        return code;
    }

    private String usualTask() throws IOException {
        return ModelTask.of(base.folder(), List.of()).type() == TaskType.SEQ_2_SEQ_LM ? "seq2seq" : "classification";
    }

    private int tokenClassification() throws IOException {
        Path folder = base.folder();
        List<TaggedRow> all = TextFile.readLabelledTokens(Objects.requireNonNull(train));
        List<String> tags = TaggedTexts.tags(all);
        List<TaggedRow> rows = TextRows.evenly(all, limit);
        List<TaggedRow> held = dev == null ? List.of() : TextFile.readLabelledTokens(dev);
        try (TokenClassifier model = TaggedTexts.load(folder, base, tags, maxLength)) {
            JsonObject report = TaggedTexts.train(model, training(model.base(), rows.size()), rows, held);
            String scores = report.has("f1")
                    ? "; F1 of spans %.4f".formatted(report.get("f1").getAsDouble())
                    : "";
            System.out.println(json ? Json.pretty(report) : "saved " + out + scores);
        }
        return 0;
    }

    private int generation(TaskType type) throws IOException {
        Path folder = base.folder();
        List<CompletionRow> rows = TextRows.evenly(TextFile.readCompletions(Objects.requireNonNull(train)), limit);
        List<CompletionRow> held = dev == null ? List.of() : TextFile.readCompletions(dev);
        try (TextGenerator loaded = LanguageModels.load(folder, base, type)) {
            TextGenerator model = maxLength > 0 ? loaded.truncatingAt(maxLength) : loaded;
            JsonObject report = LanguageModels.train(model, training(model.base(), rows.size()), rows, held);
            System.out.println(json ? Json.pretty(report) : "saved " + out + LanguageModels.trained(report));
        }
        return 0;
    }

    private AdapterTraining training(BaseModel model, int rows) throws IOException {
        Map.Entry<String, PeftConfig> chosen = settings.configs(
                        methods(), model.architecture().defaultTargets(), training.updates(rows))
                .entrySet()
                .iterator()
                .next();
        Path folder = Objects.requireNonNull(out);
        TrainingOptions options = checkpoints.with(training.options(chosen.getKey(), base.seed()), folder);
        return new AdapterTraining(chosen.getKey(), chosen.getValue(), options, folder);
    }

    private List<String> methods() {
        return settings.methods(method == null ? null : List.of(method), List.of("lora"));
    }

    private <M extends SequenceModel<M, W, P, R>, W, P, R> int sequences(SequenceTask<M, W, P, R> kind)
            throws IOException {
        Path folder = base.folder();
        List<W> all = kind.read(Objects.requireNonNull(train));
        List<String> labels = kind.labels(all);
        List<W> rows = TextRows.evenly(all, limit);
        List<W> held = dev == null ? List.of() : kind.read(dev, labels);
        try (M model = kind.load(folder, base, labels, maxLength, 0)) {
            JsonObject report = kind.train(model, training(model.base(), rows.size()), rows, held, json);
            if (json) {
                System.out.println(Json.pretty(report));
            }
        }
        return 0;
    }

    private int sentencePairs() throws IOException {
        Path folder = base.folder();
        List<TextRow> rows = TextRows.evenly(TextFile.readTexts(Objects.requireNonNull(train)), limit);
        List<TextRow> held = dev == null ? List.of() : TextFile.readTexts(dev);
        try (SentenceEncoder model = SentencePairs.load(folder, base, maxLength)) {
            JsonObject report = SentencePairs.train(model, training(model.base(), rows.size()), rows, held);
            String losses = report.has("loss")
                    ? "; loss %.4f, without the adapter %.4f"
                            .formatted(
                                    report.get("loss").getAsDouble(),
                                    report.get("base_loss").getAsDouble())
                    : "";
            System.out.println(json ? Json.pretty(report) : "saved " + out + losses);
        }
        return 0;
    }
}
