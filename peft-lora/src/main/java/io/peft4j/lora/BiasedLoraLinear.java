package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Tensor;

/**
 * The low-rank update of one linear layer with a bias: y = W·x + b + s·(B·A·x + β).
 *
 * <ul>
 *   <li>x: [..., in], y: [..., out]
 *   <li>A: [r, in], B: [out, r], β: [out]
 * </ul>
 *
 * @param lora A, B, s and the dropout
 */
record BiasedLoraLinear(LoraLinear lora) implements LinearUpdate {

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        return lora.apply(site, x, y).add(shift(site));
    }

    /** Returns W + s·B·A and b + s·β. */
    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        LinearWeights merged = lora.merge(site, weights);
        Tensor bias = merged.bias();
        if (bias == null) {
            throw new IllegalArgumentException(
                    "%s has no bias that the bias of B could be merged into; use the adapter unmerged"
                            .formatted(site.path()));
        }
        return new LinearWeights(merged.weight(), bias.add(shift(site)));
    }

    private Tensor shift(LinearSite site) {
        // Kaiming uniform takes the width of what B reads, which is r.
        Initializer start =
                lora.init() == LoraInit.RANDOM ? Initializer.uniform(1 / Math.sqrt(lora.rank())) : Initializer.zeros();
        return site.parameter("lora_B.bias", start, site.out()).scale(lora.scaling());
    }
}
