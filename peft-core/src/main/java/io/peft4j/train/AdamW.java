package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.program.OptimizerKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * AdamW with its moments: one native call moves all parameters of an adapter that have the same rate.
 *
 * <p>β₁ = 0.9, β₂ = 0.999, ε = 1e-8, as PyTorch's defaults.
 */
final class AdamW {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    /** Tensors that move at the same multiple of the rate. */
    private record Group(double factor, List<NDArray> p, List<NDArray> g, List<NDArray> m, List<NDArray> v) {}

    private final List<Group> groups = new ArrayList<>();
    private final double decay;
    private final ParameterBuffer first;
    private final ParameterBuffer second;
    private long steps;

    AdamW(NDManager owner, ParameterBuffer parameters, ParameterBuffer gradients, double decay, RateFactors factors) {
        this.decay = decay;
        first = parameters.zerosLike(owner);
        second = parameters.zerosLike(owner);
        Map<Double, List<String>> byFactor = new TreeMap<>();
        parameters.names().forEach(name -> byFactor.computeIfAbsent(factors.of(name), key -> new ArrayList<>())
                .add(name));
        if (byFactor.size() <= 1) {
            double factor =
                    byFactor.isEmpty() ? 1 : byFactor.keySet().iterator().next();
            groups.add(new Group(
                    factor,
                    List.of(parameters.flat()),
                    List.of(gradients.flat()),
                    List.of(first.flat()),
                    List.of(second.flat())));
            return;
        }
        byFactor.forEach((factor, names) -> groups.add(new Group(
                factor,
                names.stream().map(parameters::get).toList(),
                names.stream().map(gradients::get).toList(),
                names.stream().map(first::get).toList(),
                names.stream().map(second::get).toList())));
    }

    /** Returns the means of the gradients. */
    ParameterBuffer first() {
        return first;
    }

    /** Returns the means of their squares. */
    ParameterBuffer second() {
        return second;
    }

    /** Says how many steps the moments come from, which are written from outside. */
    void restored(long taken) {
        steps = taken;
    }

    /** Returns how many steps were taken. */
    long steps() {
        return steps;
    }

    void step(double rate) {
        steps++;
        for (Group group : groups) {
            OptimizerKernels.adamW(
                    group.p(),
                    group.g(),
                    group.m(),
                    group.v(),
                    steps,
                    rate * group.factor(),
                    BETA1,
                    BETA2,
                    EPSILON,
                    decay);
        }
    }
}
