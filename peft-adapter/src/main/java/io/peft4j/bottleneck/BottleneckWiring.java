package io.peft4j.bottleneck;

import java.util.Arrays;

/**
 * What a bottleneck reads and what it is added to. With x the residual stream, f the sub-layer's output and N the model's
 * own norm, where h = N(x + f) and A is the bottleneck:
 *
 * <pre>
 * parallel                                    N(x + f + A(x))
 * not before the norm                         N(x + f + A(f))
 * norm before, residual BEFORE_NORM           N(x + f + A(h))
 * norm before, residual AFTER_NORM            N(x + h + A(h))
 * norm before, residual POST_ADD              N(x + (x + f) + A(h))
 * </pre>
 *
 * <p>Without the norm after, neither x nor N follow: norm before and AFTER_NORM is h + A(h). Models that normalise before
 * the sub-layer have no N here, so h = x + f.
 *
 * @param parallel whether the bottleneck reads the sub-layer's input
 * @param normBefore whether the sum and the model's norm come before the bottleneck ({@code original_ln_before})
 * @param normAfter whether they come after it ({@code original_ln_after})
 * @param residual what the bottleneck's own skip connection carries ({@code residual_before_ln})
 */
public record BottleneckWiring(boolean parallel, boolean normBefore, boolean normAfter, Residual residual) {

    /** What the bottleneck's own skip connection carries. */
    public enum Residual {
        /** The sub-layer's output f. */
        BEFORE_NORM,
        /** The bottleneck's input. */
        AFTER_NORM,
        /** The sum x + f. */
        POST_ADD
    }

    public BottleneckWiring {
        if (residual == Residual.POST_ADD && !normBefore) {
            throw new IllegalArgumentException("residual %s needs the norm before the bottleneck; there are %s"
                    .formatted(residual, Arrays.toString(Residual.values())));
        }
    }
}
