package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import java.util.List;

/**
 * How linear layers are adapted with the Kronecker product of two small matrices: Yeh et al. 2023, <a
 * href="https://arxiv.org/abs/2309.14859">arXiv:2309.14859</a>.
 *
 * @param targetModules the layers to adapt
 * @param rank inner dimension r of the factors of a matrix that is large enough to be split, positive
 * @param alpha numerator of the scaling alpha/r, positive
 * @param split how sizes are split and matrices decomposed
 * @param dropout what is left out of the update while training
 * @param init how the matrices start
 * @param patterns other ranks and alphas for some modules
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record LokrConfig(
        TargetModules targetModules,
        int rank,
        double alpha,
        Split split,
        Dropout dropout,
        LokrInit init,
        LoraPatterns patterns,
        List<String> modulesToSave)
        implements PeftConfig {

    /**
     * How the Kronecker product is laid out.
     *
     * @param factor the size of the first matrix, −1 for the one nearest to a square
     * @param decomposesBoth whether the first matrix may be a product of factors as well
     */
    public record Split(int factor, boolean decomposesBoth) {
        public Split {
            Settings.check(factor == -1 || factor > 0, "factor must be positive or -1: %d", factor);
        }
    }

    /**
     * What is left out of the update while training.
     *
     * @param update with which probabilities
     * @param rescales whether what stays of the rows is scaled up
     */
    public record Dropout(UpdateDropout update, boolean rescales) {}

    public LokrConfig {
        modulesToSave = List.copyOf(modulesToSave);
        Settings.checkFactors(rank, alpha, patterns);
    }

    @Override
    public String peftType() {
        return LokrMethod.TYPE;
    }

    /** Returns settings for the modules that equal one of these names or end with a dot and the name. */
    public static Builder builder(String... targetModules) {
        return builder(TargetModules.of(List.of(targetModules)));
    }

    /** Returns settings for some modules. */
    public static Builder builder(TargetModules targetModules) {
        return new Builder(targetModules);
    }

    /** Collects settings; {@link #build} checks them. Not thread-safe. */
    public static final class Builder extends LowRankBuilder<Builder, LokrConfig> {
        private Split split = new Split(-1, false);
        private Dropout dropout = new Dropout(UpdateDropout.NONE, false);
        private LokrInit init = LokrInit.ZERO_P;

        private Builder(TargetModules targetModules) {
            super(targetModules);
        }

        @Override
        Builder self() {
            return this;
        }

        /** Sets what is left out of the update while training, nothing by default. */
        public Builder dropout(Dropout value) {
            dropout = value;
            return this;
        }

        /** Sets how sizes are split, nearest to a square by default, with the first matrix whole. */
        public Builder split(Split value) {
            split = value;
            return this;
        }

        /** Sets how the matrices start, {@link LokrInit#ZERO_P} by default. */
        public Builder init(LokrInit value) {
            init = value;
            return this;
        }

        @Override
        public LokrConfig build() {
            return new LokrConfig(targetModules, rank, alpha, split, dropout, init, patterns, modulesToSave);
        }
    }
}
