package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Tensor;

/**
 * The low-rank update of one linear layer: y = W·x + b + s·B·A·x, with W and b frozen.
 *
 * <ul>
 *   <li>x: [..., in], y: [..., out]
 *   <li>A: [r, in], B: [out, r]
 * </ul>
 *
 * <p>Example: in = 4, out = 6, r = 2 trains 2·4 + 6·2 = 20 numbers instead of 24; at 768 and r = 8, 12,288 instead of
 * 589,824.
 *
 * @param rank r
 * @param scaling s
 * @param dropout probability of dropping an input of A while training
 * @param init how A and B start
 */
record LoraLinear(int rank, double scaling, double dropout, LoraInit init) implements LinearUpdate {

    /** Returns y + s·B·A·x. */
    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        return y.add(update(site, input(site, x)));
    }

    /** Returns W + s·B·A. */
    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        return new LinearWeights(weights.weight().add(b(site).matMul(a(site)).scale(scaling)), weights.bias());
    }

    /** Returns s·B·A·x; the factor s meets the smallest tensor: [..., in] → [..., r] → [..., out]. */
    Tensor update(LinearSite site, Tensor x) {
        return x.linear(a(site)).scale(scaling).linear(b(site));
    }

    boolean drops(LinearSite site) {
        return site.isTraining() && dropout > 0;
    }

    /** Returns x as A sees it. */
    Tensor input(LinearSite site, Tensor x) {
        return drops(site) ? x.dropout(dropout, site.seed()) : x;
    }

    Tensor a(LinearSite site) {
        return site.parameter("lora_A.weight", startOfA(site), rank, site.in());
    }

    Tensor b(LinearSite site) {
        return site.parameter("lora_B.weight", startOfB(site), site.out(), rank);
    }

    Initializer startOfA(LinearSite site) {
        return init.a(site.path() + ".weight", rank, scaling);
    }

    Initializer startOfB(LinearSite site) {
        return init.b(site.path() + ".weight", rank, scaling);
    }
}
