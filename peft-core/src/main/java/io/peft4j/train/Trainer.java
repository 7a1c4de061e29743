package io.peft4j.train;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.model.BaseModel;
import io.peft4j.model.MemoryPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Trains an adapter: the loop over epochs, batches and updates.
 *
 * <p>Equal seeds, data and options give equal adapters on the same machine. Single-use, not thread-safe.
 */
public final class Trainer {

    /**
     * What came of training.
     *
     * @param losses of every update
     * @param scores of the development set after every epoch; empty without one
     * @param bestEpoch the epoch whose parameters the adapter has now, counted from 1
     * @param seconds spent on updates
     * @param examples how many passed through
     */
    public record Result(List<Double> losses, List<Double> scores, int bestEpoch, double seconds, long examples) {
        public Result {
            losses = List.copyOf(losses);
            scores = List.copyOf(scores);
        }

        /** Returns how many examples passed through in a second. */
        public double examplesPerSecond() {
            return seconds == 0 ? 0 : examples / seconds;
        }
    }

    /** What a linear probe keeps unless the options say otherwise. */
    private static final long PROBE_CACHE = 256L << 20;

    private final BaseModel base;
    private final Adapter adapter;
    private final TrainingOptions options;
    private final BatchSampler sampler;
    private TrainingListener listener = new TrainingListener() {};
    private @Nullable ToDoubleFunction<Adapter> score;
    private @Nullable ActivationCache cache;
    private RateFactors rateFactors = RateFactors.NONE;
    private long activationBudget;

    /**
     * Prepares training.
     *
     * @param padId what fills the end of shorter rows
     */
    public Trainer(BaseModel base, Adapter adapter, TrainingOptions options, int padId) {
        this.base = base;
        this.adapter = adapter;
        this.options = options;
        this.activationBudget = options.memory().budget();
        this.sampler = new BatchSampler(options.batchSize(), padId);
    }

    /** Sets who hears how training goes. */
    public Trainer listener(TrainingListener value) {
        listener = value;
        return this;
    }

    /** Sets what is computed after each epoch; the adapter ends as it was after the epoch with the highest score. */
    public Trainer keepBest(ToDoubleFunction<Adapter> value) {
        score = value;
        return this;
    }

    /**
     * Sets where the results of layers below everything that trains are kept across epochs.
     *
     * <p>Batches then keep their examples and only change their order, so that what was kept fits.
     */
    public Trainer cache(ActivationCache value) {
        cache = value;
        return this;
    }

    /** Sets how many bytes activations may take; layers are checkpointed as far as that needs. */
    public Trainer activationBudget(long bytes) {
        activationBudget = bytes;
        return this;
    }

    /** Sets multiples of the learning rate for some parameters, such as {@link RateFactors#loraPlus}. */
    public Trainer rateFactors(RateFactors value) {
        rateFactors = value;
        return this;
    }

    /**
     * Trains.
     *
     * @throws IllegalArgumentException if there are no examples, or the widest batch does not fit the activation budget
     * @throws UncheckedIOException if the state cannot be written, or the one to go on from is missing or not of this run
     * @throws NonFiniteLossException if the loss is no finite number; the adapter is as it was before that step
     */
    public Result train(List<Example> examples) {
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("there are no training examples");
        }
        if (cache != null || (options.memory().cache().orElse(0) == 0 && !probes())) {
            return train(examples, cache);
        }
        long limit = options.memory().cache().orElse(PROBE_CACHE);
        try (ActivationCache own = ActivationCache.inMemory(base, limit)) {
            return train(examples, own);
        }
    }

    /** Returns whether all but the head stays as it is, so that batches are best kept whatever the cache's limit. */
    private boolean probes() {
        return adapter.config() instanceof LinearProbe;
    }

    private int updates(int perEpoch) {
        long updates = (long) options.epochs() * perEpoch;
        if (updates > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "%d epochs of %d updates are %d updates, and %d is the most: take fewer epochs"
                            .formatted(options.epochs(), perEpoch, updates, Integer.MAX_VALUE));
        }
        return (int) updates;
    }

    private Result train(List<Example> examples, @Nullable ActivationCache kept) {
        Random random = new Random(options.seed());
        int updatesPerEpoch = ceil(sampler.batches(examples.size()), options.accumulate());
        int steps = options.steps() > 0 ? options.steps() : updates(updatesPerEpoch);
        TrainingOptions.Rate rate = options.rate();
        try (NDManager manager = base.newManager();
                TrainingStep step = new TrainingStep(base, adapter, rate.weightDecay(), rate.clipNorm())) {
            step.rateFactors(rateFactors);
            step.cache(kept == null ? ActivationCache.none() : kept).activationBudget(activationBudget);
            List<Batch> fixed = kept == null ? List.of() : sampler.shuffled(examples, random);
            if (kept != null) {
                kept.begin(fixed);
            }
            announce(step, examples);
            History history = new History(manager, adapter, score);
            TrainingState state = state(step, history, steps, examples);
            Run run = new Run(step, history, state, steps);
            for (int epoch = 1; run.done < steps; epoch++) {
                run.epoch(epoch, fixed.isEmpty() ? sampler.shuffled(examples, random) : shuffled(fixed, random));
            }
            history.keepBest();
            return new Result(
                    history.losses(),
                    history.knownScores(),
                    history.bestEpoch(),
                    run.clock.seconds,
                    run.clock.examples);
        } catch (IOException e) {
            throw new UncheckedIOException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Returns the state that is kept, already that of the interrupted run if this goes on; null if none is kept. */
    private @Nullable TrainingState state(TrainingStep step, History history, int steps, List<Example> examples)
            throws IOException {
        if (options.checkpoint().isEmpty()) {
            return null;
        }
        TrainingState state = new TrainingState(
                RunIdentity.of(base, adapter, options, rateFactors, steps, examples), adapter, step, history);
        if (options.checkpoint().get().resume()) {
            state.read(options.checkpoint().get().file());
        }
        return state;
    }

    /** Plans the widest batch there can be, so that what does not fit fails before anything has moved. */
    private void announce(TrainingStep step, List<Example> examples) {
        MemoryPlan plan = step.plan(sampler.widest(examples));
        listener.onPlan(plan, step.peak(plan));
    }

    private static List<Batch> shuffled(List<Batch> batches, Random random) {
        List<Batch> order = new ArrayList<>(batches);
        Collections.shuffle(order, random);
        return order;
    }

    private double update(TrainingStep step, List<Batch> batches, int done, int steps) {
        double loss = step.accumulate(batches, options.seed() * 1_000_003L + 31L * done);
        double norm = Double.isFinite(loss) ? step.update(learningRate(done, steps)) : Double.NaN;
        if (!Double.isFinite(norm)) {
            throw new NonFiniteLossException(done + 1, loss, norm);
        }
        return loss;
    }

    private double learningRate(int done, int steps) {
        TrainingOptions.Rate rate = options.rate();
        int warmup = (int) Math.ceil(rate.warmupRatio() * steps);
        return rate.learningRate() * rate.schedule().factor(done, steps, warmup);
    }

    private static int ceil(int a, int b) {
        return (a + b - 1) / b;
    }

    /** Epochs one after another, of which an interrupted run has done a part already. */
    private final class Run {
        private final TrainingStep step;
        private final History history;
        private final @Nullable TrainingState state;
        private final int steps;
        private final Clock clock = new Clock();
        private int done;

        Run(TrainingStep step, History history, @Nullable TrainingState state, int steps) {
            this.step = step;
            this.history = history;
            this.state = state;
            this.steps = steps;
        }

        void epoch(int number, List<Batch> batches) throws IOException {
            for (int i = 0; i < batches.size() && done < steps; i += options.accumulate()) {
                if (done == history.losses().size()) {
                    update(batches.subList(i, Math.min(i + options.accumulate(), batches.size())));
                }
                done++;
            }
            if (history.scores().size() < number) {
                listener.onEpoch(number, history.endEpoch());
                keep(true);
            }
        }

        private void update(List<Batch> batches) throws IOException {
            clock.start();
            history.losses().add(Trainer.this.update(step, batches, done, steps));
            clock.stop(batches.stream().mapToInt(Batch::rows).sum());
            keep(false);
            listener.onStep(clock.progress(history.losses(), steps, learningRate(done, steps)));
        }

        private void keep(boolean epochEnds) throws IOException {
            if (state == null) {
                return;
            }
            TrainingOptions.Checkpoint checkpoint = options.checkpoint().orElseThrow();
            if (epochEnds || (checkpoint.every() > 0 && (done + 1) % checkpoint.every() == 0)) {
                state.write(checkpoint.file());
            }
        }
    }

    /** Time spent on updates. */
    private static final class Clock {
        private double seconds;
        private long examples;
        private int updates;
        private long begin;

        void start() {
            begin = System.nanoTime();
        }

        void stop(int rows) {
            seconds += (System.nanoTime() - begin) / 1e9;
            examples += rows;
            updates++;
        }

        TrainingListener.Progress progress(List<Double> losses, int steps, double learningRate) {
            int done = losses.size();
            double left = seconds / updates * (steps - done);
            return new TrainingListener.Progress(
                    done, steps, losses.get(done - 1), learningRate, examples / seconds, left);
        }
    }
}
