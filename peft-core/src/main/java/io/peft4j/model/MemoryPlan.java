package io.peft4j.model;

import io.peft4j.model.Network.Argument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a training step will take in native memory, known before it runs.
 *
 * @param stages what each stage keeps between forward and backward
 * @param activations what values, kept values and intermediates take together at the fullest moment
 */
public record MemoryPlan(List<Stage> stages, long activations) {

    /** The named size that counts the rows of a batch. */
    private static final String ROWS = "B";

    /** The named size that counts the tokens of a row. */
    private static final String TOKENS = "T";

    /**
     * What a stage keeps.
     *
     * @param path the module
     * @param kept bytes kept for backward beyond its arguments
     * @param checkpointed whether it computes most of what backward needs again
     */
    public record Stage(String path, long kept, boolean checkpointed) {}

    public MemoryPlan {
        stages = List.copyOf(stages);
    }

    /**
     * Plans a step.
     *
     * @param sizes the values of the named sizes, such as B and T
     */
    public static MemoryPlan of(GradientPass pass, Map<String, Long> sizes) {
        List<Stage> planned = new ArrayList<>();
        for (DifferentiatedStage stage : pass.stages()) {
            planned.add(new Stage(stage.stage().path(), kept(stage, sizes), stage.isCheckpointed()));
        }
        return new MemoryPlan(planned, new Simulation(pass, sizes).run());
    }

    /**
     * Returns the pass with as few checkpointed stages as a budget for activations needs, the first ones before the others:
     * what the last ones keep is freed first.
     *
     * @throws IllegalArgumentException if the budget is too small even with every stage checkpointed; it says what would fit
     */
    public static GradientPass within(long budget, GradientPass pass, Map<String, Long> sizes) {
        Set<Integer> checkpointed = new TreeSet<>();
        GradientPass candidate = pass.checkpointing(checkpointed);
        long needed = of(candidate, sizes).activations();
        for (int i = 0; i < pass.stages().size() && needed > budget; i++) {
            if (kept(pass.stages().get(i), sizes) > 0) {
                checkpointed.add(i);
                candidate = pass.checkpointing(checkpointed);
                needed = of(candidate, sizes).activations();
            }
        }
        if (needed > budget) {
            throw new IllegalArgumentException(
                    "a batch of sizes %s needs %s for activations even with every layer checkpointed, and the budget is %s: %s"
                            .formatted(sizes, megabytes(needed), megabytes(budget), remedy(budget, candidate, sizes)));
        }
        return candidate;
    }

    /** Says what would fit: the largest batch, or else the longest row, or that none does. */
    private static String remedy(long budget, GradientPass pass, Map<String, Long> sizes) {
        long rows = largest(ROWS, budget, pass, sizes);
        if (rows > 0) {
            return "batches of %d fit, accumulated over more passes".formatted(rows);
        }
        Map<String, Long> row = new HashMap<>(sizes);
        row.put(ROWS, 1L);
        long tokens = largest(TOKENS, budget, pass, row);
        return "not even one row fits, which needs %s; %s"
                .formatted(
                        megabytes(of(pass, row).activations()),
                        tokens > 0
                                ? "one of %d tokens does: truncate texts or take a larger budget".formatted(tokens)
                                : "take a larger budget");
    }

    /** Returns the largest value of a named size below the one given with which a budget is kept, or 0. */
    private static long largest(String size, long budget, GradientPass pass, Map<String, Long> sizes) {
        Map<String, Long> smaller = new HashMap<>(sizes);
        long fits = 0;
        long tooLarge = sizes.getOrDefault(size, 1L);
        while (tooLarge - fits > 1) {
            long middle = (fits + tooLarge) / 2;
            smaller.put(size, middle);
            if (of(pass, smaller).activations() <= budget) {
                fits = middle;
            } else {
                tooLarge = middle;
            }
        }
        return fits;
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
    }

    /** Returns the bytes that all stages keep. */
    public long kept() {
        return stages.stream().mapToLong(Stage::kept).sum();
    }

    /** Returns one line per stage that keeps something, and the sum. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Stage stage : stages) {
            if (stage.kept() > 0 || stage.checkpointed()) {
                text.append(String.format(
                        Locale.ROOT,
                        "%-40s %9.1f MB%s%n",
                        stage.path(),
                        stage.kept() / 1e6,
                        stage.checkpointed() ? "  checkpointed" : ""));
            }
        }
        return text.append(
                        String.format(Locale.ROOT, "%-40s %9.1f MB", "activations at the fullest", activations / 1e6))
                .toString();
    }

    private static long kept(DifferentiatedStage stage, Map<String, Long> sizes) {
        return stage.kept().stream().mapToLong(type -> type.bytes(sizes)).sum();
    }

    /** Goes through a step as {@link GradientPass} does and adds up sizes instead of computing. */
    private static final class Simulation {
        private final GradientPass pass;
        private final Map<String, Long> sizes;
        private final int[] uses;
        private final long[] live;
        private long kept;
        private long largest;

        Simulation(GradientPass pass, Map<String, Long> sizes) {
            this.pass = pass;
            this.sizes = sizes;
            this.uses = pass.uses();
            this.live = new long[uses.length];
        }

        long run() {
            for (DifferentiatedStage stage : pass.stages()) {
                note(stage.forwardBytes(sizes));
                for (int result : stage.stage().results()) {
                    live[result] = bytes(result);
                }
                kept += MemoryPlan.kept(stage, sizes);
                release(stage.stage().arguments());
            }
            Set<Integer> gradients = new TreeSet<>(Set.of(pass.lossValue()));
            for (int i = pass.stages().size() - 1; i >= 0; i--) {
                DifferentiatedStage stage = pass.stages().get(i);
                if (stage.isDifferentiated()) {
                    long held = gradients.stream().mapToLong(this::bytes).sum();
                    note(held + stage.backwardBytes(sizes));
                    kept -= MemoryPlan.kept(stage, sizes);
                    gradients.removeAll(stage.stage().results());
                    gradients.addAll(stage.returned());
                    release(stage.backwardUses());
                }
            }
            return largest;
        }

        private void note(long working) {
            long values = 0;
            for (long bytes : live) {
                values += bytes;
            }
            largest = Math.max(largest, values + kept + working);
        }

        private void release(List<Argument> arguments) {
            for (Argument argument : arguments) {
                if (argument instanceof Argument.Value value && --uses[value.number()] <= 0) {
                    live[value.number()] = 0;
                }
            }
        }

        private long bytes(int value) {
            return pass.network().values().get(value).bytes(sizes);
        }
    }
}
