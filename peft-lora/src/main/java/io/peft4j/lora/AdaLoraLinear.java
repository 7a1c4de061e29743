package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;

/**
 * The update of one linear layer in triplets of singular vectors and values: y = W·x + b + s·B·(E⊙(A·x)).
 *
 * <ul>
 *   <li>x: [..., in], y: [..., out]
 *   <li>A: [r, in], E: [r, 1], B: [out, r]; E starts at zero, A and B at N(0, 0.02²)
 * </ul>
 *
 * <p>The factor s = alpha/(r₀ + 1e-5) stays that of the rank r₀ at the start. Whoever masks triplets sets entries of E to zero.
 *
 * @param rank r
 * @param scaling s
 * @param dropout probability of dropping an input of A while training
 * @param zero whether E starts at zero; else all are N(0, 1)
 */
record AdaLoraLinear(int rank, double scaling, double dropout, boolean zero) implements LinearUpdate {

    static final String A = "lora_A";
    static final String E = "lora_E";
    static final String B = "lora_B";

    /** Ones for the triplets that are kept, which no file holds and training sets; see {@link RankBudget}. */
    static final String KEPT = "lora_kept";

    private static final double DEVIATION = 0.02;

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        Tensor a = a(site);
        Tensor e = e(site).reshape(Dim.of(rank));
        Tensor b = b(site);
        site.derived(KEPT, Initializer.constant(1), rank);
        Tensor input = site.isTraining() ? x.dropout(dropout, site.seed()) : x;
        return rank == 0 ? y : y.add(input.linear(a).multiply(e).scale(scaling).linear(b));
    }

    /** Returns W + s·B·(E⊙A). */
    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        if (rank == 0) {
            return weights;
        }
        Tensor delta = b(site).matMul(a(site).multiply(e(site))).scale(scaling);
        return new LinearWeights(weights.weight().add(delta), weights.bias());
    }

    private Tensor a(LinearSite site) {
        return site.parameter(A, start(), rank, site.in());
    }

    private Tensor e(LinearSite site) {
        return site.parameter(E, zero ? Initializer.zeros() : Initializer.normal(1), rank, 1);
    }

    private Tensor b(LinearSite site) {
        return site.parameter(B, start(), site.out(), rank);
    }

    private Initializer start() {
        return Initializer.normal(zero ? DEVIATION : 1);
    }
}
