package io.peft4j.train;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What training has come to: the losses of its updates, the scores of its epochs, the parameters of the best one. */
final class History {

    private final Adapter adapter;
    private final @Nullable ToDoubleFunction<Adapter> score;
    private final @Nullable ParameterBuffer best;
    private final List<Double> losses = new ArrayList<>();
    private final List<Double> scores = new ArrayList<>();
    private int bestEpoch;

    /**
     * Starts without any.
     *
     * @param owner of the parameters of the best epoch
     * @param score of the adapter after an epoch; without one the last epoch is the best
     */
    History(NDManager owner, Adapter adapter, @Nullable ToDoubleFunction<Adapter> score) {
        this.adapter = adapter;
        this.score = score;
        this.best = score == null ? null : adapter.trainable().zerosLike(owner);
    }

    /** Returns the losses of all updates so far. */
    List<Double> losses() {
        return losses;
    }

    /** Returns the scores of all epochs so far, NaN without a score. */
    List<Double> scores() {
        return scores;
    }

    /** Returns the epoch with the highest score, counted from 1. */
    int bestEpoch() {
        return bestEpoch;
    }

    /** Returns the parameters after the best epoch, or null where the last is the best. */
    @Nullable
    ParameterBuffer bestValues() {
        return best;
    }

    /** Ends an epoch, and returns its score. */
    double endEpoch() {
        double value = score == null ? Double.NaN : score.applyAsDouble(adapter);
        scores.add(value);
        if (score == null || isBest(value)) {
            bestEpoch = scores.size();
            if (best != null) {
                NativeTensors.copy(best.flat(), adapter.trainable().flat());
            }
        }
        return value;
    }

    /** Any number is better than none: a correlation with constant predictions, or a loss that overflowed. */
    private boolean isBest(double value) {
        double before = bestEpoch == 0 ? Double.NaN : scores.get(bestEpoch - 1);
        return bestEpoch == 0 || value > before || (Double.isNaN(before) && !Double.isNaN(value));
    }

    /** Goes on from what another run has come to; the parameters of its best epoch are restored already. */
    void restore(List<Double> ofUpdates, List<Double> ofEpochs, int bestSoFar) {
        losses.addAll(ofUpdates);
        scores.addAll(ofEpochs);
        bestEpoch = bestSoFar;
    }

    /** Gives the adapter the parameters of the best epoch. */
    void keepBest() {
        if (best != null && bestEpoch > 0) {
            NativeTensors.copy(adapter.trainable().flat(), best.flat());
        }
    }

    /** Returns the scores, none if there was nothing to score with. */
    List<Double> knownScores() {
        return score == null ? List.of() : scores;
    }
}
