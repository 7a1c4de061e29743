package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;

/**
 * Two learned vectors around one pair of random factors that all layers share: y = W·x + b + λb⊙(B·(λd⊙(A·x))).
 *
 * <ul>
 *   <li>x: [..., in], y: [..., out]
 *   <li>A: [r, in], B: [out, r], the first columns and rows of the shared pair, frozen
 *   <li>λd: [r], starts at a constant; λb: [out], starts at zero
 * </ul>
 *
 * @param projection the shared pair
 * @param dropout probability of dropping an input of A while training
 * @param initial where λd starts
 */
record VeraLinear(VeraProjection projection, double dropout, double initial) implements LinearUpdate {

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        Tensor input = site.isTraining() ? x.dropout(dropout, site.seed()) : x;
        return y.add(input.linear(a(site)).multiply(d(site)).linear(b(site)).multiply(outer(site)));
    }

    /** Returns W + (λb⊙B)·(λd⊙A), the vectors multiplying rows. */
    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        Tensor delta = Rows.scale(b(site), outer(site)).matMul(Rows.scale(a(site), d(site)));
        return new LinearWeights(weights.weight().add(delta), weights.bias());
    }

    private Tensor a(LinearSite site) {
        return projection.a(site).slice(1, Dim.of(0), Dim.of(site.in()));
    }

    private Tensor b(LinearSite site) {
        return projection.b(site).slice(0, Dim.of(0), Dim.of(site.out()));
    }

    private Tensor d(LinearSite site) {
        return site.parameter("vera_lambda_d", Initializer.constant(initial), projection.rank());
    }

    private Tensor outer(LinearSite site) {
        return site.parameter("vera_lambda_b", Initializer.zeros(), site.out());
    }
}
