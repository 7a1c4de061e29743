package io.peft4j.model;

import io.peft4j.program.Tensor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Where a sub-layer's output meets the residual stream, the place of bottleneck adapters.
 *
 * <p>Models that normalise after the sum have y = norm(x + f); those that normalise before have y = x + f.
 */
public final class SublayerSite extends Site {

    /** Which sub-layer it is. */
    public enum Kind {
        ATTENTION,
        CROSS_ATTENTION,
        FEED_FORWARD
    }

    private final Kind kind;
    private final int layer;
    private final @Nullable UnaryOperator<Tensor> norm;

    SublayerSite(
            StageRecorder stage, String path, int slot, Kind kind, int layer, @Nullable UnaryOperator<Tensor> norm) {
        super(stage, path, slot);
        this.kind = kind;
        this.layer = layer;
        this.norm = norm;
    }

    /** Returns which sub-layer it is. */
    public Kind kind() {
        return kind;
    }

    /** Returns the number of the layer. */
    public int layer() {
        return layer;
    }

    /** Returns whether the model normalises after the sum. */
    public boolean isPostNorm() {
        return norm != null;
    }

    /** Returns the model's own norm of {@code x}, or x itself where the model normalises before the sub-layer. */
    public Tensor norm(Tensor x) {
        return norm == null ? x : norm.apply(x);
    }

    /** Returns what the model does without adapters: norm(x + f). */
    public Tensor join(Tensor x, Tensor f) {
        return norm(x.add(f));
    }

    /** Returns the same place seen by the adapter in another slot of the selection. */
    public SublayerSite in(int slot) {
        return new SublayerSite(stage(), path(), slot, kind, layer, norm);
    }
}
