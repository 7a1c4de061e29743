package io.peft4j.lora;

import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Tensor;

/**
 * The low-rank update of one linear layer with A frozen: y = W·x + b + s·B·(A·x), of which B trains.
 *
 * <ul>
 *   <li>x: [..., in], y: [..., out]
 *   <li>A: [r, in] frozen at random, B: [out, r]
 * </ul>
 *
 * @param lora s, the dropout and how A and B start
 */
record LoraFaLinear(LoraLinear lora) implements LinearUpdate {

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        Tensor down = lora.input(site, x).linear(a(site)).scale(lora.scaling());
        return y.add(down.linear(lora.b(site)));
    }

    /** Returns W + s·B·A. */
    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        Tensor delta = lora.b(site).matMul(a(site)).scale(lora.scaling());
        return new LinearWeights(weights.weight().add(delta), weights.bias());
    }

    private Tensor a(LinearSite site) {
        return site.constant("lora_A.weight", lora.startOfA(site), lora.rank(), site.in());
    }
}
