package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The Kronecker product of two small matrices: y = W·x + b + s·(P⊗Q)·x.
 *
 * <ul>
 *   <li>x: [..., in] with in = m·n, y: [..., out] with out = l·k
 *   <li>P: [l, m], Q: [k, n], either of them whole or a product [·, r]·[r, ·]
 *   <li>(P⊗Q)·x = P·X·Qᵀ for X = x as [m, n], so the product is not formed
 * </ul>
 *
 * @param shape how in and out are split, and which matrices are products
 * @param scaling s
 * @param dropout of the update
 * @param init how the matrices start
 */
record LokrLinear(LokrShape shape, double scaling, FactorDropout dropout, LokrInit init) implements LinearUpdate {

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        Tensor xs = x.reshape(split(x, shape.m(), shape.n())); // [..., m, n]
        Tensor inner = throughQ(site, xs); // [..., m, k]
        Tensor outer = throughP(site, swapLast(inner)); // [..., k, l]
        Tensor update = swapLast(outer).scale(scaling).reshape(y.type().shape());
        return y.add(dropout.apply(site, update));
    }

    /** Returns W + s·(P⊗Q): row l·k + i, column m·n + j holds P[l, m]·Q[i, j]. */
    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        Dim one = Dim.of(1);
        Tensor p = p(site).reshape(Dim.of(shape.l()), one, Dim.of(shape.m()), one);
        Tensor q = q(site).reshape(one, Dim.of(shape.k()), one, Dim.of(shape.n()));
        Tensor delta = p.multiply(q).reshape(weights.weight().type().shape()).scale(scaling);
        return new LinearWeights(weights.weight().add(delta), weights.bias());
    }

    private Tensor throughP(LinearSite site, Tensor x) {
        return shape.wholeP() ? x.linear(p(site)) : x.linear(p2(site)).linear(p1(site));
    }

    private Tensor throughQ(LinearSite site, Tensor x) {
        return shape.wholeQ() ? x.linear(q(site)) : x.linear(q2(site)).linear(q1(site));
    }

    private Tensor p(LinearSite site) {
        return shape.wholeP()
                ? site.parameter("lokr_w1", init.wholeP(), shape.l(), shape.m())
                : p1(site).matMul(p2(site));
    }

    private Tensor q(LinearSite site) {
        return shape.wholeQ()
                ? site.parameter("lokr_w2", init.wholeQ(), shape.k(), shape.n())
                : q1(site).matMul(q2(site));
    }

    private Tensor p1(LinearSite site) {
        return site.parameter("lokr_w1_a", init.p1(), shape.l(), shape.rank());
    }

    private Tensor p2(LinearSite site) {
        return site.parameter("lokr_w1_b", Initializer.kaimingUniform(), shape.rank(), shape.m());
    }

    private Tensor q1(LinearSite site) {
        return site.parameter("lokr_w2_a", Initializer.kaimingUniform(), shape.k(), shape.rank());
    }

    private Tensor q2(LinearSite site) {
        return site.parameter("lokr_w2_b", init.q2(), shape.rank(), shape.n());
    }

    private static List<Dim> split(Tensor x, long first, long second) {
        List<Dim> dims = new ArrayList<>(x.type().shape().subList(0, x.type().rank() - 1));
        dims.add(Dim.of(first));
        dims.add(Dim.of(second));
        return dims;
    }

    private static Tensor swapLast(Tensor x) {
        int rank = x.type().rank();
        int[] axes = new int[rank];
        for (int i = 0; i < rank; i++) {
            axes[i] = i;
        }
        axes[rank - 2] = rank - 1;
        axes[rank - 1] = rank - 2;
        return x.permute(axes);
    }
}
