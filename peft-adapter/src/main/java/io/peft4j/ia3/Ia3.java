package io.peft4j.ia3;

import io.peft4j.model.Adaptation;
import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.Map;

/**
 * Rescaled linear layers: l ⊙ (W·x + b), or W·(l ⊙ x) + b where the input is rescaled; l starts at 1, which changes nothing.
 *
 * <ul>
 *   <li>x: [..., in]
 *   <li>l: [out, 1], or [1, in]
 * </ul>
 *
 * @param inputs by module path, whether the input is rescaled
 */
record Ia3(Map<String, Boolean> inputs) implements Adaptation {

    private static final String NAME = "ia3_l";

    Ia3 {
        inputs = Map.copyOf(inputs);
    }

    @Override
    public Tensor linearInput(LinearSite site, Tensor x) {
        return rescales(site, true) ? x.multiply(vector(site).reshape(Dim.of(site.in()))) : x;
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        return rescales(site, false) ? y.multiply(vector(site).reshape(Dim.of(site.out()))) : y;
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        if (!inputs.containsKey(site.path())) {
            return weights;
        }
        Tensor weight = weights.weight().multiply(vector(site));
        Tensor bias = weights.bias();
        return rescales(site, true) || bias == null
                ? new LinearWeights(weight, bias)
                : new LinearWeights(weight, bias.multiply(vector(site).reshape(Dim.of(site.out()))));
    }

    private boolean rescales(LinearSite site, boolean input) {
        Boolean known = inputs.get(site.path());
        return known != null && known == input;
    }

    private Tensor vector(LinearSite site) {
        Initializer one = Initializer.constant(1);
        return rescales(site, true)
                ? site.parameter(NAME, one, 1, site.in())
                : site.parameter(NAME, one, site.out(), 1);
    }
}
