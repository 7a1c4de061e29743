package io.peft4j.bottleneck;

/**
 * What happens to a bottleneck's output before it is added: times scaling, dropout, times a gate.
 *
 * @param scaling what it is multiplied with
 * @param gating whether a learned gate σ(w·x + b), averaged over the tokens, weighs it
 * @param dropout probability of dropping an element, in [0, 1)
 * @param stochasticDepth probability of dropping a whole row, in [0, 1)
 */
public record BottleneckOutput(Scaling scaling, boolean gating, double dropout, double stochasticDepth) {

    public BottleneckOutput {
        if (!(dropout >= 0 && dropout < 1 && stochasticDepth >= 0 && stochasticDepth < 1)) {
            throw new IllegalArgumentException(
                    "dropout and stochastic depth must be in [0, 1): %s and %s".formatted(dropout, stochasticDepth));
        }
    }
}
