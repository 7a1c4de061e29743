package io.peft4j.adapterhub;

import io.peft4j.model.Adaptation;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Tensor;
import java.util.Map;

/**
 * Updates of some linear layers of a model, as AdapterHub has them.
 *
 * @param linears the update by module path
 */
record HubLora(Map<String, HubLoraLinear> linears) implements Adaptation {

    HubLora {
        linears = Map.copyOf(linears);
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        HubLoraLinear update = linears.get(site.path());
        return update == null ? y : update.apply(site, x, y);
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        HubLoraLinear update = linears.get(site.path());
        return update == null ? weights : update.merge(site, weights);
    }

    @Override
    public boolean isMergeable() {
        return !gated();
    }

    @Override
    public boolean readsWholeSequence() {
        return gated();
    }

    private boolean gated() {
        return linears.values().stream().anyMatch(linear -> linear.config().gating());
    }
}
