package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.examples.compare.Comparison;
import io.peft4j.examples.compare.Contestant;
import io.peft4j.examples.compare.Report;
import io.peft4j.examples.compare.ReportFiles;
import io.peft4j.examples.compare.Row;
import io.peft4j.examples.compare.Split;
import io.peft4j.examples.wordnet.WordNetGlosses;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main job: several methods, one table. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Fine-tunes one base model with several methods on one task and compares them.")
final class CompareVerb implements Callable<Integer> {

    private static final int DEFAULT_TRAIN_ROWS = 2500;
    private static final int DEFAULT_DEV_ROWS = 2000;

    @Mixin
    private BaseOptions base = new BaseOptions();

    /** What can be learned. */
    private enum Task {
        WORDNET_NOUNS,
        WORDNET_VERBS,
        CLASSIFICATION;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Option(
            names = "--task",
            description = "wordnet-nouns, wordnet-verbs, or classification with --train and --dev. Default: "
                    + "classification where files are given, else wordnet-nouns")
    private @Nullable Task asked;

    @Option(names = "--train", paramLabel = "FILE", description = "TSV or JSON lines, also .gz.")
    private @Nullable Path train;

    @Option(names = "--dev", paramLabel = "FILE", description = "Rows to score.")
    private @Nullable Path dev;

    @Option(
            names = "--limit",
            defaultValue = "0",
            converter = Count.class,
            description = "Train on so many rows only. Default for WordNet: 2500")
    private int limit;

    @Option(
            names = "--dev-limit",
            defaultValue = "0",
            converter = Count.class,
            description = "Score so many rows only. Default for WordNet: 2000")
    private int devLimit;

    @Option(
            names = "--max-length",
            defaultValue = "0",
            converter = Count.class,
            description = "Tokens per text; longer ones are truncated.")
    private int maxLength;

    @Option(
            names = {"--methods", "--method"},
            split = ",",
            paramLabel = "a,b",
            description = "Methods to compare; \"full\" is the yardstick.")
    private @Nullable List<String> given;

    @Mixin
    private MethodOptions settings = new MethodOptions();

    @Mixin
    private TrainingFlags training = new TrainingFlags();

    @Option(names = "--out", defaultValue = "out/compare", paramLabel = "DIR", description = "Default: out/compare")
    private Path out = Path.of("");

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        List<String> methods = settings.methods(given, MethodEntry.COMPARED);
        training.check();
        OutputFolder.check(out);
        Task task = task();
        Split all = data(task);
        List<String> labels = labels(task, all);
        Split data = new Split(TextRows.evenly(all.train(), limit), TextRows.evenly(all.dev(), devLimit));
        Path folder = base.folder();
        try (TextClassifier model = TextClassifiers.load(folder, base, labels, maxLength)) {
            List<Contestant> contestants = new ArrayList<>();
            settings.configs(
                            methods,
                            model.base().architecture().defaultTargets(),
                            training.updates(data.train().size()))
                    .forEach((method, config) ->
                            contestants.add(new Contestant(method, config, training.options(method, base.seed()))));
            List<Row> rows =
                    new Comparison(model, data.train(), data.dev(), out, base.seed()).run(contestants, Console::new);
            Report report = new Report(
                    base.name(),
                    task.toString(),
                    data.train().size(),
                    data.dev().size(),
                    base.seed(),
                    TrainingRecord.versions(),
                    rows);
            ReportFiles.write(report, out);
            for (Row row : rows) {
                JsonObject scores = new JsonObject();
                scores.addProperty("accuracy", row.quality().accuracy());
                scores.addProperty("macro_f1", row.quality().macroF1());
                TrainingRecord.of(base.seed(), data.train(), scores).write(out.resolve(row.method()));
            }
            System.out.println(json ? Json.pretty(ReportFiles.json(report)) : report.table());
            System.err.println("report: " + out.resolve("report.html"));
        }
        return 0;
    }

    private Task task() {
        boolean files = train != null || dev != null;
        Task task = asked != null ? asked : files ? Task.CLASSIFICATION : Task.WORDNET_NOUNS;
        if (task == Task.CLASSIFICATION && (train == null || dev == null)) {
            throw new UsageException("--task classification needs --train and --dev");
        }
        if (task != Task.CLASSIFICATION && files) {
            throw new UsageException("--task %s has its own rows: leave out --train and --dev".formatted(task));
        }
        return task;
    }

    private Split data(Task task) throws IOException {
        int trainRows = limit > 0 ? limit : DEFAULT_TRAIN_ROWS;
        int devRows = devLimit > 0 ? devLimit : DEFAULT_DEV_ROWS;
        return switch (task) {
            case WORDNET_NOUNS -> WordNetGlosses.nouns().split(trainRows, devRows, base.seed());
            case WORDNET_VERBS -> WordNetGlosses.verbs().split(trainRows, devRows, base.seed());
            case CLASSIFICATION -> files(Objects.requireNonNull(train), Objects.requireNonNull(dev));
        };
    }

    /** A task of WordNet has its labels whatever few rows are drawn of it; a file says which there are. */
    private static List<String> labels(Task task, Split data) {
        List<TextRow> rows = new ArrayList<>(data.train());
        if (task != Task.CLASSIFICATION) {
            rows.addAll(data.dev());
        }
        return TextRows.labels(rows);
    }

    private Split files(Path train, Path dev) throws IOException {
        List<TextRow> rows = TextFile.readLabelledTexts(train);
        return new Split(rows, TextFile.readLabelledTexts(dev, TextRows.labels(rows)));
    }
}
