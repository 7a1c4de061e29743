package io.peft4j.bottleneck;

/**
 * What is inside a bottleneck: [norm] → down → non-linearity → up → [norm].
 *
 * @param reduction how narrow it is
 * @param nonLinearity between the projections
 * @param norms new norms around it
 * @param phm whether projections are sums of Kronecker products
 */
public record BottleneckShape(ReductionFactor reduction, NonLinearity nonLinearity, Norms norms, Phm phm) {

    /**
     * New, trained norms of a bottleneck, beside the model's own.
     *
     * @param before whether its input is normalised ({@code ln_before})
     * @param after whether its output is normalised ({@code ln_after})
     * @param residualInside whether the residual is added before the norm after
     */
    public record Norms(boolean before, boolean after, boolean residualInside) {

        /** No new norms. */
        public static final Norms NONE = new Norms(false, false, false);
    }
}
