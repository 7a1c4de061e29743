package io.peft4j.lora;

import io.peft4j.model.LinearSite;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * The two dropouts of LoHa and LoKr, which act on the update and not on its input while training.
 *
 * @param row probability of leaving out a row of the update, that is an output feature
 * @param module probability of leaving out the whole update of a layer in a step
 * @param rescales whether the rows that stay are divided by 1 − row
 */
record FactorDropout(double row, double module, boolean rescales) {

    /** Returns an update [..., out] without what is dropped. */
    Tensor apply(LinearSite site, Tensor update) {
        if (!site.isTraining()) {
            return update;
        }
        Tensor kept = update;
        if (row > 0) {
            Tensor rows = mask(site, update, row, Dim.of(site.out()));
            kept = kept.multiply(rescales ? rows.scale(1 / (1 - row)) : rows);
        }
        return module > 0 ? kept.multiply(mask(site, update, module, Dim.of(1))) : kept;
    }

    /** Returns ones and zeros. */
    private static Tensor mask(LinearSite site, Tensor like, double probability, Dim size) {
        Tensor ones = like.zeros(List.of(size)).shift(1);
        return ones.dropout(probability, site.seed()).scale(1 - probability);
    }
}
