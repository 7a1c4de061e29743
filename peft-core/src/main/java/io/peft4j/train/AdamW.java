package io.peft4j.train;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.program.OptimizerKernels;

/**
 * AdamW with its moments: one native call moves all parameters of an adapter.
 *
 * <p>β₁ = 0.9, β₂ = 0.999, ε = 1e-8, as PyTorch's defaults.
 */
final class AdamW {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    private final ParameterBuffer parameters;
    private final ParameterBuffer gradients;
    private final ParameterBuffer first;
    private final ParameterBuffer second;
    private final double decay;
    private long steps;

    AdamW(NDManager owner, ParameterBuffer parameters, ParameterBuffer gradients, double decay) {
        this.parameters = parameters;
        this.gradients = gradients;
        this.first = parameters.zerosLike(owner);
        this.second = parameters.zerosLike(owner);
        this.decay = decay;
    }

    void step(double rate) {
        OptimizerKernels.adamW(
                parameters.flat(),
                gradients.flat(),
                first.flat(),
                second.flat(),
                ++steps,
                rate,
                BETA1,
                BETA2,
                EPSILON,
                decay);
    }
}
