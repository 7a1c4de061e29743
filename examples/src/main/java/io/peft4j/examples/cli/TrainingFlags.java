package io.peft4j.examples.cli;

import io.peft4j.train.Schedule;
import io.peft4j.train.TrainingOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How training runs. */
final class TrainingFlags {

    private static final long MEGABYTE = 1 << 20;
    private static final long MOST_MEGABYTES = Long.MAX_VALUE / MEGABYTE;

    private static final int DEFAULT_EPOCHS = 3;

    @Option(names = "--epochs", description = "How often every row is seen. Default: 3")
    private @Nullable Integer epochs;

    @Option(names = "--steps", description = "How many updates there are, in the place of --epochs.")
    private @Nullable Integer steps;

    @Option(names = "--batch-size", defaultValue = "32", description = "Rows per forward pass. Default: 32")
    private int batchSize;

    @Option(names = "--accumulate", defaultValue = "1", description = "Forward passes per update. Default: 1")
    private int accumulate;

    @Option(names = "--learning-rate", description = "Largest learning rate. Default: depends on the method")
    private @Nullable Double learningRate;

    @Option(names = "--schedule", defaultValue = "linear", description = "linear, cosine or constant. Default: linear")
    private Schedule schedule = Schedule.LINEAR;

    @Option(
            names = "--warmup-ratio",
            defaultValue = "0.06",
            description = "Part of the updates to warm up. Default: 0.06")
    private double warmupRatio;

    @Option(names = "--weight-decay", defaultValue = "0.01", description = "Default: 0.01")
    private double weightDecay;

    @Option(
            names = "--clip-norm",
            defaultValue = "1",
            converter = ClipNorm.class,
            description = "Largest norm of the gradients, 0 for no limit. Default: 1")
    private double clipNorm;

    @Option(
            names = "--activation-cache",
            paramLabel = "MB",
            description =
                    "Keep results of frozen layers across epochs, whose batches then keep their rows. Default: 256 "
                            + "for linear-probe, else 0")
    private @Nullable Long activationCache;

    @Option(
            names = "--activation-budget",
            paramLabel = "MB",
            description =
                    "What activations may take; layers are computed twice as far as that needs. Default: no limit")
    private @Nullable Long activationBudget;

    /** Fails with everything that is wrong with the options, before anything is loaded. */
    void check() {
        List<String> wrong = new ArrayList<>();
        require(epochs == null || epochs >= 1, "--epochs must be at least 1: " + epochs, wrong);
        require(steps == null || steps >= 1, "--steps must be at least 1: " + steps, wrong);
        require(
                epochs == null || steps == null,
                "--epochs and --steps are alternatives: leave out one of %s and %s".formatted(epochs, steps),
                wrong);
        require(batchSize >= 1, "--batch-size must be at least 1: " + batchSize, wrong);
        require(accumulate >= 1, "--accumulate must be at least 1: " + accumulate, wrong);
        require(
                learningRate == null || isPositive(learningRate),
                "--learning-rate must be positive: " + learningRate,
                wrong);
        require(warmupRatio >= 0 && warmupRatio <= 1, "--warmup-ratio must be in [0, 1]: " + warmupRatio, wrong);
        require(
                weightDecay == 0 || isPositive(weightDecay),
                "--weight-decay must not be negative: " + weightDecay,
                wrong);
        require(
                activationCache == null || (activationCache >= 0 && activationCache <= MOST_MEGABYTES),
                "--activation-cache must be in [0, %d] MB: %d".formatted(MOST_MEGABYTES, activationCache),
                wrong);
        require(
                activationBudget == null || (activationBudget >= 1 && activationBudget <= MOST_MEGABYTES),
                "--activation-budget must be in [1, %d] MB: %d".formatted(MOST_MEGABYTES, activationBudget),
                wrong);
        if (!wrong.isEmpty()) {
            throw new UsageException(String.join(System.lineSeparator(), wrong));
        }
    }

    private static void require(boolean holds, String rule, List<String> wrong) {
        if (!holds) {
            wrong.add(rule);
        }
    }

    private static boolean isPositive(double value) {
        return value > 0 && value < Double.POSITIVE_INFINITY;
    }

    private int epochs() {
        return epochs == null ? DEFAULT_EPOCHS : epochs;
    }

    /** Returns how many updates there will be for so many rows. */
    int updates(int rows) {
        int batches = (rows + batchSize - 1) / batchSize;
        return steps != null
                ? steps
                : Math.max(1, Math.multiplyExact(epochs(), (batches + accumulate - 1) / accumulate));
    }

    /** Returns the options of a method, which has a learning rate of its own unless one is given. */
    TrainingOptions options(String method, long seed) {
        TrainingOptions.Builder options = TrainingOptions.builder();
        if (activationCache != null) {
            options.activationCache(activationCache * MEGABYTE);
        }
        if (activationBudget != null) {
            options.activationBudget(activationBudget * MEGABYTE);
        }
        return options.epochs(epochs())
                .steps(steps == null ? 0 : steps)
                .batchSize(batchSize)
                .accumulate(accumulate)
                .learningRate(learningRate == null ? MethodEntry.learningRate(method) : learningRate)
                .schedule(schedule)
                .warmupRatio(warmupRatio)
                .weightDecay(weightDecay)
                .clipNorm(clipNorm)
                .seed(seed)
                .build();
    }
}
