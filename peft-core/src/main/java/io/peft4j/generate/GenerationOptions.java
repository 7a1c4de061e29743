package io.peft4j.generate;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * How far texts are continued and how tokens are chosen.
 *
 * @param maxNewTokens the largest number of tokens to add to a prompt
 * @param sampling how each is chosen
 * @param stopTokens the tokens that end a text
 * @param seed decides what is drawn
 */
public record GenerationOptions(int maxNewTokens, Sampling sampling, Set<Integer> stopTokens, long seed) {

    /** The value of {@code maxNewTokens} unless told otherwise: {@value}. */
    public static final int DEFAULT_MAX_NEW_TOKENS = 64;

    public GenerationOptions {
        if (maxNewTokens < 1) {
            throw new IllegalArgumentException("the number of new tokens must be at least 1: " + maxNewTokens);
        }
        stopTokens = Set.copyOf(stopTokens);
    }

    /** Returns a builder of greedy decoding without stop tokens. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns the same options with other stop tokens. */
    public GenerationOptions withStopTokens(Set<Integer> other) {
        return new GenerationOptions(maxNewTokens, sampling, other, seed);
    }

    /** Collects options. Single-use, not thread-safe. */
    public static final class Builder {
        private int maxNewTokens = DEFAULT_MAX_NEW_TOKENS;
        private Sampling sampling = Sampling.GREEDY;
        private final Set<Integer> stopTokens = new TreeSet<>();
        private long seed;

        private Builder() {}

        /** Sets the largest number of tokens to add, {@value #DEFAULT_MAX_NEW_TOKENS} by default. */
        public Builder maxNewTokens(int value) {
            maxNewTokens = value;
            return this;
        }

        /** Sets how tokens are chosen, greedily by default. */
        public Builder sampling(Sampling value) {
            sampling = value;
            return this;
        }

        /** Adds tokens that end a text. */
        public Builder stopTokens(Collection<Integer> ids) {
            stopTokens.addAll(ids);
            return this;
        }

        /** Sets what draws depend on, 0 by default. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** Returns the options. */
        public GenerationOptions build() {
            return new GenerationOptions(maxNewTokens, sampling, stopTokens, seed);
        }
    }
}
