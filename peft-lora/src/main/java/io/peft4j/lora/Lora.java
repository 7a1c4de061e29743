package io.peft4j.lora;

import io.peft4j.model.Adaptation;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Tensor;
import java.util.Map;

/**
 * Low-rank updates of some linear layers of a model.
 *
 * @param linears the update by module path
 */
record Lora(Map<String, LoraLinear> linears) implements Adaptation {

    Lora {
        linears = Map.copyOf(linears);
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        LoraLinear update = linears.get(site.path());
        return update == null ? y : update.apply(site, x, y);
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        LoraLinear update = linears.get(site.path());
        return update == null ? weights : update.merge(site, weights);
    }
}
