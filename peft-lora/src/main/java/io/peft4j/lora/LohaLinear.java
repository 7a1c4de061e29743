package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;

/**
 * The element-wise product of two low-rank matrices: y = W·x + b + s·((A₁·B₁)⊙(A₂·B₂))·x, of rank up to r².
 *
 * <ul>
 *   <li>x: [..., in], y: [..., out]
 *   <li>A₁, A₂: [out, r], B₁, B₂: [r, in]; B₂ starts at zero
 * </ul>
 *
 * <p>The product has the factors A: [out, r²] and B: [r², in] whose columns and rows are the products of one of each pair.
 * While r² is small the input goes through these and the matrix is not formed.
 *
 * @param rank r
 * @param scaling s
 * @param dropout of the update
 * @param second how B₂ starts
 */
record LohaLinear(int rank, double scaling, FactorDropout dropout, FactorInit second) implements LinearUpdate {

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        Factors f = new Factors(site);
        boolean factored = (long) rank * rank * (site.in() + site.out()) < site.in() * site.out();
        Tensor update = factored
                ? x.linear(f.rows(site)).scale(scaling).linear(f.columns(site))
                : x.linear(f.product().scale(scaling));
        return y.add(dropout.apply(site, update));
    }

    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        Tensor delta = new Factors(site).product().scale(scaling);
        return new LinearWeights(weights.weight().add(delta), weights.bias());
    }

    /** The four factors. */
    private final class Factors {
        private final Tensor a1;
        private final Tensor b1;
        private final Tensor a2;
        private final Tensor b2;

        Factors(LinearSite site) {
            a1 = site.parameter("hada_w1_a", Initializer.kaimingUniform(), site.out(), rank);
            b1 = site.parameter("hada_w1_b", Initializer.kaimingUniform(), rank, site.in());
            a2 = site.parameter("hada_w2_a", Initializer.kaimingUniform(), site.out(), rank);
            b2 = site.parameter("hada_w2_b", second.initializer(), rank, site.in());
        }

        Tensor product() {
            return a1.matMul(b1).multiply(a2.matMul(b2)); // [out, in]
        }

        /** Returns a₁[o, i]·a₂[o, j]: [out, r²]. */
        Tensor columns(LinearSite site) {
            Dim out = Dim.of(site.out());
            Dim r = Dim.of(rank);
            Tensor products = a1.reshape(out, r, Dim.of(1)).multiply(a2.reshape(out, Dim.of(1), r));
            return products.reshape(out, r.times(r));
        }

        /** Returns b₁[i, n]·b₂[j, n]: [r², in]. */
        Tensor rows(LinearSite site) {
            Dim in = Dim.of(site.in());
            Dim r = Dim.of(rank);
            Tensor products = b1.reshape(r, Dim.of(1), in).multiply(b2.reshape(Dim.of(1), r, in));
            return products.reshape(r.times(r), in);
        }
    }
}
