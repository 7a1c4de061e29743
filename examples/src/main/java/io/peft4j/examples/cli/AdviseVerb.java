package io.peft4j.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.examples.compare.Comparison;
import io.peft4j.examples.compare.Contestant;
import io.peft4j.examples.compare.Row;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.PythonJson;
import io.peft4j.lora.LoraConfig;
import io.peft4j.lora.LoraRank;
import io.peft4j.lora.RankAdvice;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.TargetModules;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextRow;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says which method, rank and targets suit a model and data, from a short training of each candidate. */
@Command(
        name = "advise",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Says which method, rank and targets suit a base model, its data and a constraint, and why.")
final class AdviseVerb implements Callable<Integer> {

    private static final List<String> CANDIDATES = List.of("lora", "seq-bn", "prompt", "ia3", "linear-probe");

    /** Every so many-th row is scored and not trained on. */
    private static final int HELD = 5;

    private static final int GRADIENT_ROWS = 64;

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Option(
            names = "--data",
            required = true,
            paramLabel = "FILE",
            description = "Texts with labels: TSV or JSON lines.")
    private @Nullable Path data;

    @Option(
            names = "--constraint",
            defaultValue = "quality",
            description = "storage, latency, memory, speed or quality: what matters most. Default: quality")
    private Constraint constraint = Constraint.QUALITY;

    @Option(
            names = "--rank",
            defaultValue = "0",
            converter = Count.class,
            description = "Rank that sets the parameter budget. Default: by width")
    private int rank;

    @Option(
            names = "--steps",
            defaultValue = "40",
            converter = Count.Positive.class,
            description = "Updates of each candidate. Default: 40")
    private int steps;

    @Option(
            names = "--limit",
            defaultValue = "500",
            converter = Count.Positive.class,
            description = "Use so many rows. Default: 500")
    private int limit;

    @Option(
            names = "--max-length",
            defaultValue = "0",
            converter = Count.class,
            description = "Tokens per text; longer ones are truncated.")
    private int maxLength;

    @Option(names = "--out", defaultValue = "out/advise", paramLabel = "DIR", description = "Default: out/advise")
    private Path out = Path.of("");

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        OutputFolder.check(out);
        Path folder = base.folder();
        List<TextRow> rows = TextRows.evenly(TextFile.readLabelledTexts(Objects.requireNonNull(data)), limit);
        if (rows.size() < 2 * HELD) {
            throw new UsageException("--data needs at least %d rows: %d".formatted(2 * HELD, rows.size()));
        }
        List<TextRow> train = new ArrayList<>();
        List<TextRow> held = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            (i % HELD == HELD - 1 ? held : train).add(rows.get(i));
        }
        try (TextClassifier model = TextClassifiers.load(folder, base, TextRows.labels(rows), maxLength)) {
            LoraConfig lora = lora(model);
            RankAdvice ranks = RankAdvice.ofGradient(model.base(), lora, batches(model, train));
            Advice advice = new Advice(constraint, measure(model, train, held), lora, ranks);
            Files.createDirectories(out);
            Path file = out.resolve("adapter_config.json");
            AtomicFile.write(file, PythonJson.format(settings(ranks.applyTo(lora))));
            System.out.println(json ? Json.pretty(advice.json()) : advice.text() + "%nsettings: %s".formatted(file));
        }
        return 0;
    }

    /** Returns LoRA on the usual targets, at the rank that the width suggests where none is given. */
    private LoraConfig lora(TextClassifier model) {
        List<String> targets = model.base().architecture().defaultTargets();
        List<AttachmentPoint> points =
                TargetModules.of(targets).resolve(model.base().attachmentPoints());
        long width = points.stream().mapToLong(AttachmentPoint::in).min().orElseThrow();
        long most = points.stream()
                .mapToLong(point -> Math.min(point.in(), point.out()))
                .min()
                .orElseThrow();
        int chosen = rank > 0 ? rank : (int) Math.min(LoraRank.auto(width), most);
        return LoraConfig.builder(TargetModules.of(targets))
                .rank(chosen)
                .alpha(2.0 * chosen)
                .build();
    }

    private static List<Batch> batches(TextClassifier model, List<TextRow> train) {
        List<Example> examples = model.examples(TextRows.evenly(train, GRADIENT_ROWS));
        return examples.stream().map(example -> new Batch(List.of(example), 0)).toList();
    }

    private List<Row> measure(TextClassifier model, List<TextRow> train, List<TextRow> held) throws IOException {
        List<Contestant> contestants = new ArrayList<>();
        new MethodOptions()
                .configs(CANDIDATES, model.base().architecture().defaultTargets(), steps)
                .forEach((method, config) -> contestants.add(new Contestant(
                        method,
                        config,
                        TrainingOptions.builder()
                                .steps(steps)
                                .learningRate(MethodEntry.learningRate(method))
                                .seed(base.seed())
                                .build())));
        return new Comparison(model, train, held, out.resolve("measured"), base.seed()).run(contestants, Console::new);
    }

    private static JsonObject settings(LoraConfig config) {
        JsonObject settings = PeftMethods.of(config).write(config);
        settings.addProperty("peft_type", config.peftType());
        return settings;
    }

    /** What matters most, what the literature advises then, and what is compared. */
    enum Constraint {
        STORAGE("lora", "storage first: LoRA") {
            @Override
            double cost(Row row) {
                return row.size().bytes();
            }
        },
        LATENCY("prompt", "sensitive to latency: prompt tuning") {
            @Override
            double cost(Row row) {
                return row.cost().addedLatency();
            }
        },
        MEMORY("seq-bn", "else: a bottleneck adapter") {
            @Override
            double cost(Row row) {
                return row.cost().peakMegabytes();
            }
        },
        SPEED("seq-bn", "quick research: a bottleneck adapter") {
            @Override
            double cost(Row row) {
                return -row.cost().examplesPerSecond();
            }
        },
        QUALITY("full", "high precision: full fine-tuning") {
            @Override
            double cost(Row row) {
                return -row.quality().accuracy();
            }
        };

        /** How far below the best accuracy a candidate may be to be advised for something else. */
        private static final double NEAR = 0.02;

        private final String usual;
        private final String rule;

        Constraint(String usual, String rule) {
            this.usual = usual;
            this.rule = rule;
        }

        abstract double cost(Row row);

        /** Returns the cheapest of the candidates that are nearly as good as the best. */
        Row choose(List<Row> rows) {
            double best = rows.stream()
                    .mapToDouble(row -> row.quality().accuracy())
                    .max()
                    .orElseThrow();
            return rows.stream()
                    .filter(row -> row.quality().accuracy() >= best - NEAR)
                    .min((a, b) -> Double.compare(cost(a), cost(b)))
                    .orElseThrow();
        }

        String field() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What is advised.
     *
     * @param constraint what matters most
     * @param measured the candidates
     * @param lora LoRA with one rank for all layers
     * @param ranks better ones
     */
    record Advice(Constraint constraint, List<Row> measured, LoraConfig lora, RankAdvice ranks) {

        JsonObject json() {
            JsonObject object = new JsonObject();
            object.addProperty("constraint", constraint.field());
            object.addProperty("method", constraint.choose(measured).method());
            object.addProperty("usual", constraint.usual);
            object.addProperty("rule", constraint.rule);
            JsonArray rows = new JsonArray();
            for (Row row : measured) {
                JsonObject one = new JsonObject();
                one.addProperty("method", row.method());
                one.addProperty("trainable", row.size().trainable());
                one.addProperty("share", row.size().share());
                one.addProperty("bytes", row.size().bytes());
                one.addProperty("accuracy", row.quality().accuracy());
                one.addProperty("examples_per_second", row.cost().examplesPerSecond());
                one.addProperty("peak_rss_mb", row.cost().peakMegabytes());
                one.addProperty("added_latency_ms", row.cost().addedLatency());
                rows.add(one);
            }
            object.add("measured", rows);
            object.addProperty("rank", lora.rank());
            object.add("target_modules", Json.texts(lora.targetModules().suffixes()));
            object.add("rank_pattern", Json.numbers(ranks.ranks()));
            object.addProperty("parameters", ranks.parameters());
            object.addProperty("kept", ranks.kept());
            object.addProperty("kept_by_one_rank", ranks.keptUniformly());
            object.add("gradient_shares", Json.numbers(byModule(ranks.shares())));
            return object;
        }

        String text() {
            StringBuilder text = new StringBuilder();
            Row chosen = constraint.choose(measured);
            line(
                    text,
                    "%s: %s (the literature's rule, %s, says %s)",
                    constraint.field(),
                    chosen.method(),
                    constraint.rule,
                    constraint.usual);
            line(
                    text,
                    "%-14s %12s %9s %11s %9s %8s %8s %9s",
                    "method",
                    "trainable",
                    "share",
                    "bytes",
                    "accuracy",
                    "rows/s",
                    "peak MB",
                    "added ms");
            for (Row row : measured) {
                line(
                        text,
                        "%-14s %,12d %8.3f%% %,11d %9.4f %8.0f %8d %+9.2f",
                        row.method(),
                        row.size().trainable(),
                        100 * row.size().share(),
                        row.size().bytes(),
                        row.quality().accuracy(),
                        row.cost().examplesPerSecond(),
                        row.cost().peakMegabytes(),
                        row.cost().addedLatency());
            }
            line(
                    text,
                    "LoRA: rank %d for all layers keeps %.1f %% of the gradient's energy, these ranks for %,d parameters %.1f %%:",
                    lora.rank(),
                    100 * ranks.keptUniformly(),
                    ranks.parameters(),
                    100 * ranks.kept());
            ranks.ranks().forEach((path, r) -> line(text, "  %4d %s", r, path));
            byModule(ranks.shares())
                    .forEach((module, share) -> line(text, "of that energy %.1f %% is in %s", 100 * share, module));
            return text.toString().stripTrailing();
        }

        private static void line(StringBuilder text, String format, Object... values) {
            text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
        }

        private static Map<String, Double> byModule(Map<String, Double> byPath) {
            Map<String, Double> shares = new TreeMap<>();
            byPath.forEach(
                    (path, share) -> shares.merge(path.substring(path.lastIndexOf('.') + 1), share, Double::sum));
            return shares;
        }
    }
}
