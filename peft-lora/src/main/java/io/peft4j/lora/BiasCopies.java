package io.peft4j.lora;

import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.Set;

/**
 * Biases that train as copies beside an adapter.
 *
 * @param which the rule
 * @param adapted the paths of the adapted modules, whose biases files keep under {@code base_layer}
 */
record BiasCopies(LoraBias which, Set<String> adapted) {

    private static final String BIAS = ".bias";

    BiasCopies {
        adapted = Set.copyOf(adapted);
    }

    /** Returns a trainable copy if the weight is a bias that trains, else the weight. */
    Tensor weight(WeightSite site, Tensor frozen) {
        if (!site.path().endsWith(BIAS)) {
            return frozen;
        }
        String module = site.path().substring(0, site.path().length() - BIAS.length());
        if (!which.trains(module, adapted)) {
            return frozen;
        }
        return site.trainedCopy(frozen, adapted.contains(module) ? module + ".base_layer.bias" : site.path());
    }
}
