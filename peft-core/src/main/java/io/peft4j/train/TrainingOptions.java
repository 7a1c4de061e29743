package io.peft4j.train;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How training runs.
 *
 * @param epochs how often every example is seen
 * @param steps after how many updates to stop whatever the epochs, 0 for none
 * @param batchSize examples per forward pass
 * @param accumulate forward passes per update
 * @param rate how far an update goes
 * @param seed decides the order of examples and the dropout masks
 * @param memory what activations may take
 * @param checkpoint where the state goes that training can go on from, if anywhere
 */
public record TrainingOptions(
        int epochs,
        int steps,
        int batchSize,
        int accumulate,
        Rate rate,
        long seed,
        Memory memory,
        Optional<Checkpoint> checkpoint) {

    /**
     * The state that training goes on from after an interruption, as if there had been none.
     *
     * @param folder that holds the state in {@value #FILE}, a file that Hugging Face PEFT does not read
     * @param every after how many updates it is written, beside after each epoch; 0 for epochs only
     * @param resume whether training begins with what the folder holds
     */
    public record Checkpoint(Path folder, int every, boolean resume) {

        /** The file of the state, which is replaced as a whole. */
        public static final String FILE = "peft4j_training.safetensors";

        public Checkpoint {
            check(every >= 0, "updates between checkpoints must not be negative: " + every);
        }

        /** Returns the file of the state. */
        public Path file() {
            return folder.resolve(FILE);
        }
    }

    /**
     * How far an update goes.
     *
     * @param learningRate the largest rate
     * @param schedule how it changes
     * @param warmupRatio the part of the updates during which it rises from 0
     * @param weightDecay what the rate times this takes away from every parameter
     * @param clipNorm the largest norm of the gradients, infinite for no limit
     */
    public record Rate(
            double learningRate, Schedule schedule, double warmupRatio, double weightDecay, double clipNorm) {
        public Rate {
            check(
                    learningRate > 0 && learningRate < Double.POSITIVE_INFINITY,
                    "learning rate must be positive: " + learningRate);
            check(warmupRatio >= 0 && warmupRatio <= 1, "warm-up ratio must be in [0, 1]: " + warmupRatio);
            check(
                    weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY,
                    "weight decay must not be negative: " + weightDecay);
            check(clipNorm > 0, "clip norm must be positive: " + clipNorm);
        }
    }

    /**
     * What activations may take, in bytes.
     *
     * @param cache for results of frozen layers that are kept across epochs; by default 256 MiB where only the head trains,
     *     else none
     * @param budget for the activations of a step; layers are checkpointed as far as that needs
     */
    public record Memory(OptionalLong cache, long budget) {

        /** No budget, and the cache that the method has by default. */
        public static final Memory DEFAULT = new Memory(OptionalLong.empty(), Long.MAX_VALUE);

        public Memory {
            check(
                    cache.isEmpty() || cache.getAsLong() >= 0,
                    "activation cache must not be negative: " + cache.orElse(0));
            check(budget > 0, "activation budget must be positive: " + budget);
        }
    }

    public TrainingOptions {
        check(epochs >= 1, "epochs must be positive: " + epochs);
        check(steps >= 0, "steps must not be negative: " + steps);
        check(batchSize >= 1, "batch size must be positive: " + batchSize);
        check(accumulate >= 1, "accumulated passes must be positive: " + accumulate);
    }

    /** Returns a builder with the defaults: 3 epochs, batches of 32, rate 1e-3 falling linearly, clipping at 1. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns the same options that keep a state to go on from. */
    public TrainingOptions checkpoint(Checkpoint value) {
        return new TrainingOptions(epochs, steps, batchSize, accumulate, rate, seed, memory, Optional.of(value));
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Collects options; {@link #build} checks them. Not thread-safe. */
    public static final class Builder {
        private int epochs = 3;
        private int steps;
        private int batchSize = 32;
        private int accumulate = 1;
        private double learningRate = 1e-3;
        private Schedule schedule = Schedule.LINEAR;
        private double warmupRatio;
        private double weightDecay;
        private double clipNorm = 1;
        private long seed;
        private Memory memory = Memory.DEFAULT;

        private Builder() {}

        /** Sets how often every example is seen, 3 by default. */
        public Builder epochs(int value) {
            epochs = value;
            return this;
        }

        /** Sets after how many updates to stop, whatever the epochs. */
        public Builder steps(int value) {
            steps = value;
            return this;
        }

        /** Sets the examples per forward pass, 32 by default. */
        public Builder batchSize(int value) {
            batchSize = value;
            return this;
        }

        /** Sets the forward passes per update, 1 by default. */
        public Builder accumulate(int value) {
            accumulate = value;
            return this;
        }

        /** Sets the largest learning rate, 1e-3 by default. */
        public Builder learningRate(double value) {
            learningRate = value;
            return this;
        }

        /** Sets how the learning rate changes, {@link Schedule#LINEAR} by default. */
        public Builder schedule(Schedule value) {
            schedule = value;
            return this;
        }

        /** Sets the part of the updates during which the rate rises from 0, 0 by default. */
        public Builder warmupRatio(double value) {
            warmupRatio = value;
            return this;
        }

        /** Sets the decay of the parameters, 0 by default. */
        public Builder weightDecay(double value) {
            weightDecay = value;
            return this;
        }

        /** Sets the largest norm of the gradients, 1 by default. */
        public Builder clipNorm(double value) {
            clipNorm = value;
            return this;
        }

        /** Sets what decides the order of examples and the dropout masks, 0 by default. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** Sets how many bytes results of frozen layers may take that are kept across epochs, 0 for none. */
        public Builder activationCache(long bytes) {
            memory = new Memory(OptionalLong.of(bytes), memory.budget());
            return this;
        }

        /** Sets how many bytes the activations of a step may take, any number by default. */
        public Builder activationBudget(long bytes) {
            memory = new Memory(memory.cache(), bytes);
            return this;
        }

        /**
         * Returns the options.
         *
         * @throws IllegalArgumentException if one is out of range
         */
        public TrainingOptions build() {
            Rate rate = new Rate(learningRate, schedule, warmupRatio, weightDecay, clipNorm);
            return new TrainingOptions(epochs, steps, batchSize, accumulate, rate, seed, memory, Optional.empty());
        }
    }
}
