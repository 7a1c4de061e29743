package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Tensor;

/**
 * A low-rank update that starts with a part of the weight itself, which is taken out of the weight in exchange:
 *
 * <pre>
 * y = (W − s·B₀·A₀)·x + b + s·B·A·x      A: [r, in], B: [out, r] start as A₀, B₀
 * </pre>
 *
 * <p>The weight is left as it is: what is taken out is one more low-rank term, so the base model stays shared. A₀ and B₀
 * follow from W and are not stored.
 *
 * @param lora A, B, s and the dropout, which acts on A alone
 */
record ResidualLoraLinear(LoraLinear lora) implements LinearUpdate {

    static final String START_A = "lora_A_start";
    static final String START_B = "lora_B_start";

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        Tensor adapted = lora.apply(site, x, y);
        Tensor taken = x.linear(start(site, START_A).cast(site.dtype())).scale(-lora.scaling());
        return adapted.add(taken.linear(start(site, START_B).cast(site.dtype())));
    }

    /** Returns W + s·B·A − s·B₀·A₀. */
    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        LinearWeights adapted = lora.merge(site, weights);
        Tensor taken = start(site, START_B).matMul(start(site, START_A)).scale(-lora.scaling());
        return new LinearWeights(adapted.weight().add(taken), adapted.bias());
    }

    private Tensor start(LinearSite site, String name) {
        boolean isA = name.equals(START_A);
        Initializer initializer = isA ? lora.startOfA(site) : lora.startOfB(site);
        return isA
                ? site.derived(name, initializer, lora.rank(), site.in())
                : site.derived(name, initializer, site.out(), lora.rank());
    }
}
