package io.peft4j.examples.compare;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.adapter.Selection;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.models.text.TextRow;
import io.peft4j.program.ProcessMemory;
import io.peft4j.train.AddedLatency;
import io.peft4j.train.Batch;
import io.peft4j.train.LatencyAccount;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.metrics.ClassificationReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Trains one method after another on the same rows and measures each in the same way. */
public final class Comparison {

    private static final int REQUESTS = 100;

    private final TextClassifier model;
    private final List<TextRow> train;
    private final List<TextRow> dev;
    private final Path out;
    private final long seed;

    /**
     * Prepares a comparison.
     *
     * @param out where the adapters go, one folder each
     * @param seed of fresh adapters
     */
    public Comparison(TextClassifier model, List<TextRow> train, List<TextRow> dev, Path out, long seed) {
        this.model = model;
        this.train = train;
        this.dev = dev;
        this.out = out;
        this.seed = seed;
    }

    /**
     * Runs all methods, in their order.
     *
     * @param listener makes who hears how the training of a method goes
     * @throws IllegalArgumentException before any is trained, listing what the model cannot serve by method
     */
    public List<Row> run(List<Contestant> contestants, Function<String, TrainingListener> listener) throws IOException {
        check(contestants);
        List<Row> rows = new ArrayList<>();
        for (Contestant contestant : contestants) {
            rows.add(run(contestant, listener.apply(contestant.name())));
        }
        return relativeToFull(rows);
    }

    private void check(List<Contestant> contestants) {
        List<String> problems = new ArrayList<>();
        for (Contestant contestant : contestants) {
            try {
                model.check(contestant.config());
            } catch (IllegalArgumentException e) {
                problems.add(contestant.name() + ": " + e.getMessage());
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join(System.lineSeparator(), problems));
        }
    }

    /** Returns the rows with their attainment, wherever full fine-tuning stands among them. */
    static List<Row> relativeToFull(List<Row> rows) {
        double full = rows.stream()
                .filter(row -> row.method().equals("full"))
                .mapToDouble(row -> row.quality().accuracy())
                .findFirst()
                .orElse(Double.NaN);
        return rows.stream().map(row -> row.relativeTo(full)).toList();
    }

    private Row run(Contestant contestant, TrainingListener listener) throws IOException {
        System.gc();
        ProcessMemory.release();
        ProcessMemory.resetPeak();
        try (Adapter adapter = model.adapt(contestant.config(), seed)) {
            Trainer.Result result = model.train(adapter, train, dev, contestant.options(), listener);
            long peak = ProcessMemory.peak() >> 20;
            Path folder = out.resolve(contestant.name());
            model.save(adapter, folder);
            ClassificationReport report = model.evaluate(adapter, dev);
            ParameterCount count = ParameterCount.of(model.base(), adapter);
            AddedLatency latency = new LatencyAccount(model.base(), requests(Selection.of(adapter)))
                    .of(adapter)
                    .get(0);
            return new Row(
                    contestant.name(),
                    contestant.config().toString(),
                    new Row.Size(count.trainable(), count.share(), bytes(folder)),
                    new Row.Quality(report.accuracy(), report.macroF1(), Double.NaN, report.labels()),
                    new Row.Cost(
                            result.seconds(),
                            result.examplesPerSecond(),
                            peak,
                            latency.milliseconds(),
                            latency.added()),
                    result.losses());
        }
    }

    /** Returns some texts as the adapters take them, each a batch of its own. */
    private List<Batch> requests(Selection selection) {
        return model.examples(selection, dev.subList(0, Math.min(REQUESTS, dev.size()))).stream()
                .map(example -> new Batch(List.of(example), 0))
                .toList();
    }

    private static long bytes(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(Comparison::size).sum();
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
