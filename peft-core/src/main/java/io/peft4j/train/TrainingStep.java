package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapter.Selection;
import io.peft4j.adapter.UpdateRule;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ForwardPass;
import io.peft4j.model.GradientPass;
import io.peft4j.model.MemoryPlan;
import io.peft4j.model.Network;
import io.peft4j.model.RecordingOptions;
import io.peft4j.model.TensorSource;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.OptimizerKernels;
import io.peft4j.program.ProcessMemory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One adapter in training, alone or among others that stay as they are: its gradients and moments, and the update that
 * moves it.
 *
 * <p>Not thread-safe; different adapters may train over one base model in different threads at once.
 */
public final class TrainingStep implements AutoCloseable {

    /** After so many program calls freed memory is handed back, where that is done during a step. */
    private static final int CALLS_BETWEEN_RELEASES = 4;

    /** Gradients and both moments, which take memory from the first update on. */
    private static final int STATES = 3;

    private final BaseModel base;
    private final Adapter adapter;
    private final Selection selection;
    private final NDManager manager;
    private final ParameterBuffer gradients;
    private final double weightDecay;
    private final UpdateRule rule;
    private @Nullable AdamW optimizer;
    private boolean regularised;
    private RateFactors rateFactors = RateFactors.NONE;
    private final double clipNorm;
    private final Map<Variant, GradientPass> passes = new HashMap<>();
    private final Map<Variant, GradientPass> budgeted = new HashMap<>();
    private int mostDropped;
    private int dropped;
    private long activationBudget = Long.MAX_VALUE;
    private ActivationCache cache = ActivationCache.none();
    private GradientPass.Observer observer = (stage, backward, nanoseconds) -> {};
    private boolean settled;

    /**
     * Prepares an adapter.
     *
     * @param weightDecay of AdamW
     * @param clipNorm the largest norm of the gradients, infinite for no limit
     */
    public TrainingStep(BaseModel base, Adapter adapter, double weightDecay, double clipNorm) {
        this(base, Selection.of(adapter), adapter, weightDecay, clipNorm);
    }

    /**
     * Prepares one adapter of a selection; the others stay as they are.
     *
     * @param adapter the one that trains
     * @param weightDecay of AdamW
     * @param clipNorm the largest norm of the gradients, infinite for no limit
     * @throws IllegalArgumentException if the adapter is not in the selection or the selection differs by row
     */
    public TrainingStep(BaseModel base, Selection selection, Adapter adapter, double weightDecay, double clipNorm) {
        if (!selection.isUniform() || !selection.adapters().contains(adapter)) {
            throw new IllegalArgumentException("training needs a selection with the adapter %s for all rows alike: %s"
                    .formatted(adapter, selection));
        }
        this.base = base;
        this.adapter = adapter;
        this.selection = selection;
        this.manager = base.newManager();
        this.gradients = adapter.trainable().zerosLike(manager);
        this.rule = PeftMethods.of(adapter.config()).updateRule(adapter.config(), adapter, manager);
        this.weightDecay = weightDecay;
        this.clipNorm = clipNorm;
    }

    /** Sets how many bytes activations may take; layers are checkpointed as far as that needs. */
    public TrainingStep activationBudget(long bytes) {
        activationBudget = bytes;
        return this;
    }

    /**
     * Sets how many of the lowest layers may be without the adapter: each step leaves out 0 to that many, drawn from its
     * seed (AdapterDrop, Rücklé et al. 2021), so that the adapter is good with any number of them left out.
     */
    public TrainingStep dropLayers(int most) {
        if (most < 0 || most >= base.architecture().layers()) {
            throw new IllegalArgumentException("layers to drop must be 0 to %d: %d"
                    .formatted(base.architecture().layers() - 1, most));
        }
        mostDropped = most;
        return this;
    }

    /**
     * Sets multiples of the learning rate for some parameters.
     *
     * @throws IllegalStateException after the first update, whose moments go with the factors
     */
    public TrainingStep rateFactors(RateFactors factors) {
        if (optimizer != null) {
            throw new IllegalStateException("rate factors are set before the first update");
        }
        rateFactors = factors;
        return this;
    }

    /** Sets where the results of layers below everything that trains are kept across epochs. */
    public TrainingStep cache(ActivationCache value) {
        cache = value;
        return this;
    }

    /** Sets who hears how long each program call took. */
    public TrainingStep observer(GradientPass.Observer value) {
        observer = value;
        return this;
    }

    /** Returns the gradients of the last {@link #accumulate}s. */
    public ParameterBuffer gradients() {
        return gradients;
    }

    /**
     * Adds the gradients of some batches, and returns their loss: the mean over all labels that count, and what the method
     * adds to it.
     *
     * @param seed decides the dropout masks
     */
    public double accumulate(List<Batch> batches, long seed) {
        batches.forEach(batch -> base.architecture()
                .checkBatch(base.task(), batch.rows(), selection.positions() + (long) batch.length()));
        int counted = batches.stream().mapToInt(this::counted).sum();
        double loss = 0;
        for (int i = 0; i < batches.size(); i++) {
            loss += accumulate(batches.get(i), counted, seed + i);
        }
        return loss + penalty(adapter);
    }

    /** Returns what an adapter's method adds to the loss. */
    public static double penalty(Adapter adapter) {
        return PeftMethods.of(adapter.config()).penalty(adapter.config(), adapter.trainable());
    }

    private int counted(Batch batch) {
        return batch.counted(adapter.task(), selection.adaptation().virtualTokens());
    }

    private double accumulate(Batch batch, int counted, long seed) {
        try (NDManager scratch = manager.newSubManager()) {
            return accumulate(batch.trainingInputs(scratch, adapter.task(), counted), seed);
        }
    }

    /**
     * Adds the gradients of one batch, and returns its loss.
     *
     * @param inputs the tensors that the model and its loss take
     * @param seed decides the dropout masks
     */
    public double accumulate(Map<String, NDArray> inputs, long seed) {
        try (NDManager scratch = manager.newSubManager()) {
            dropped = mostDropped == 0 ? 0 : new SplittableRandom(seed).nextInt(mostDropped + 1);
            GradientPass pass = pass(inputs);
            TensorSource source = base.source(selection::parameter);
            List<NDArray> prefix = cache.prefix(base, pass, scratch, source, inputs);
            return pass.run(scratch, source, inputs, prefix, seed, (slot, name) -> gradients.get(name), this::ran)
                    .getFloat();
        }
    }

    /** Returns the loss of one batch without dropout and without gradients. */
    public static NDArray loss(BaseModel base, Selection selection, NDManager owner, Map<String, NDArray> inputs) {
        base.checkBatch(selection.positions(), inputs);
        RecordingOptions options = RecordingOptions.inference(selection.adaptation(), base.dtype(), true);
        Map<String, NDArray> results = new ForwardPass(base.record(options, Losses::record), base.kernels())
                .run(owner, base.source(selection::parameter), inputs);
        return Objects.requireNonNull(results.get(Losses.LOSS));
    }

    /** Adds the gradient of what the method adds to the loss, unless that was done since the last update; updates do it. */
    public void regularise() {
        if (!regularised) {
            PeftMethods.of(adapter.config()).regularise(adapter.config(), adapter.trainable(), gradients);
            regularised = true;
        }
    }

    /**
     * Moves the parameters by the accumulated gradients, which are zero afterwards.
     *
     * @return the norm of the gradients before clipping; if it is not finite, nothing has moved
     */
    public double update(double learningRate) {
        regularise();
        regularised = false;
        double norm = Double.isInfinite(clipNorm)
                ? OptimizerKernels.norm(gradients.flat())
                : OptimizerKernels.clip(gradients.flat(), clipNorm);
        if (Double.isFinite(norm)) {
            optimizer().step(learningRate);
            rule.updated(optimizer().steps() - 1, gradients);
        }
        NativeTensors.fill(gradients.flat(), 0);
        if (!settled) {
            ProcessMemory.release();
            settled = true;
        }
        return norm;
    }

    /** Returns what the method does after updates. */
    UpdateRule rule() {
        return rule;
    }

    /** Returns the optimizer, which is made when it is first needed. */
    AdamW optimizer() {
        if (optimizer == null) {
            optimizer = new AdamW(manager, adapter.trainable(), gradients, weightDecay, rateFactors);
        }
        return optimizer;
    }

    /** Hands freed memory back in the first step, whose holes fit nothing that follows, and where memory is scarce. */
    private void ran(int stage, boolean backward, long nanoseconds) {
        observer.ran(stage, backward, nanoseconds);
        boolean scarce = activationBudget < Long.MAX_VALUE;
        if ((scarce || !settled) && stage % CALLS_BETWEEN_RELEASES == 0) {
            ProcessMemory.release();
        }
    }

    /** Returns what the step keeps and takes for a batch of the given inputs. */
    public MemoryPlan plan(Map<String, NDArray> inputs) {
        GradientPass pass = pass(inputs);
        return MemoryPlan.of(pass, pass.network().sizes(inputs));
    }

    /** Returns what the step keeps and takes for a batch. */
    public MemoryPlan plan(Batch batch) {
        try (NDManager scratch = manager.newSubManager()) {
            return plan(batch.trainingInputs(scratch, adapter.task(), counted(batch)));
        }
    }

    /**
     * Returns about how many bytes of memory the process will take at its fullest while it trains by a plan: what is
     * resident now, weights that are mapped and still to be read or packed, gradients and moments, and activations. Where the system
     * does not tell what is resident, the weights stand for it.
     */
    public long peak(MemoryPlan plan) {
        long states = optimizer == null ? STATES * adapter.trainable().size() * DType.FLOAT32.bytes() : 0;
        long resident = ProcessMemory.resident();
        long held = resident > 0
                ? resident + ProcessMemory.unread()
                : base.weights().bytes();
        return held + base.copies() + states + plan.activations();
    }

    /** Returns the differentiated network for a batch, whose length decides how attention is computed. */
    private GradientPass pass(Map<String, NDArray> inputs) {
        base.checkBatch(selection.positions(), inputs);
        long length = Objects.requireNonNull(inputs.get("input_ids")).getShape().get(1);
        boolean fused = base.kernels().fusesAttention(base.dtype(), length);
        GradientPass pass = passes.computeIfAbsent(new Variant(fused, dropped, Map.of()), key -> {
            Selection kept = selection.skipLayers(
                    IntStream.range(0, key.dropped()).boxed().toList());
            RecordingOptions options = RecordingOptions.training(kept.adaptation(), base.dtype(), key.fused());
            Network network = base.record(options, Losses::record)
                    .training(selection.adapters().indexOf(adapter));
            return new GradientPass(network, Losses.LOSS, base.kernels());
        });
        if (activationBudget == Long.MAX_VALUE) {
            return pass;
        }
        Map<String, Long> sizes = pass.network().sizes(inputs);
        return budgeted.computeIfAbsent(
                new Variant(fused, dropped, sizes), key -> MemoryPlan.within(activationBudget, pass, key.sizes()));
    }

    /** What a differentiated network depends on. */
    private record Variant(boolean fused, int dropped, Map<String, Long> sizes) {}

    /** Frees gradients and moments; the adapter stays. */
    @Override
    public void close() {
        manager.close();
    }
}
