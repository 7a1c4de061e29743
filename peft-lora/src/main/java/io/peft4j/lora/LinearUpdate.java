package io.peft4j.lora;

import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Tensor;

/** What a method of this family does to one linear layer. */
interface LinearUpdate {

    /**
     * Returns the output of the adapted layer.
     *
     * @param x the input [..., in]
     * @param y the output without the update [..., out]
     */
    Tensor apply(LinearSite site, Tensor x, Tensor y);

    /** Returns what the weights become with the update merged into them. */
    LinearWeights merge(LinearSite site, LinearWeights weights);
}
