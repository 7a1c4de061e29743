package io.peft4j.train;

import io.peft4j.model.MemoryPlan;

/** Hears how training goes. */
public interface TrainingListener {

    /**
     * Where training stands after an update.
     *
     * @param step how many updates are done
     * @param steps how many there will be
     * @param loss of this update's batches
     * @param learningRate of this update
     * @param examplesPerSecond since training began
     * @param secondsLeft estimated from that
     */
    record Progress(
            int step, int steps, double loss, double learningRate, double examplesPerSecond, double secondsLeft) {}

    /**
     * Called before the first update.
     *
     * @param plan what the widest batch takes
     * @param peak about how many bytes of memory the process will take at most
     */
    default void onPlan(MemoryPlan plan, long peak) {}

    /** Called after each update. */
    default void onStep(Progress progress) {}

    /**
     * Called after each epoch.
     *
     * @param epoch how many epochs are done
     * @param score of the development set, higher is better; NaN if there is none
     */
    default void onEpoch(int epoch, double score) {}
}
