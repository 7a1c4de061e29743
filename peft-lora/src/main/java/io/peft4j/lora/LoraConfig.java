package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import java.util.List;
import java.util.Map;

/**
 * How strongly, and where, linear layers are adapted with two low-rank factors.
 *
 * @param targetModules the layers to adapt
 * @param rank inner dimension r of the factors, positive
 * @param alpha numerator of the scaling, positive
 * @param dropout probability of dropping an input of A, in [0, 1)
 * @param scaling how alpha and rank make the factor s
 * @param init how A and B start
 * @param patterns other ranks and alphas for some modules
 * @param bias which biases train beside them
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record LoraConfig(
        TargetModules targetModules,
        int rank,
        double alpha,
        double dropout,
        LoraScaling scaling,
        LoraInit init,
        LoraPatterns patterns,
        LoraBias bias,
        List<String> modulesToSave)
        implements PeftConfig {

    /** The rank if none is given. */
    public static final int DEFAULT_RANK = 8;

    /** The numerator of the scaling if none is given. */
    public static final double DEFAULT_ALPHA = 8;

    public LoraConfig {
        modulesToSave = List.copyOf(modulesToSave);
        Settings.checkFactors(rank, alpha, patterns);
        Settings.checkProbability("dropout", dropout);
        Settings.check(
                init != LoraInit.ORTHOGONAL
                        || (rank % 2 == 0 && patterns.rank().values().stream().allMatch(r -> r % 2 == 0)),
                "an orthogonal start needs even ranks: %d and %s",
                rank,
                patterns.rank());
    }

    @Override
    public String peftType() {
        return LoraMethod.TYPE;
    }

    /** Returns settings for the modules that equal one of these names or end with a dot and the name. */
    public static Builder builder(String... targetModules) {
        return new Builder(TargetModules.of(List.of(targetModules)));
    }

    /** Returns settings for some modules. */
    public static Builder builder(TargetModules targetModules) {
        return new Builder(targetModules);
    }

    /** Returns a builder that starts with these settings. */
    public Builder toBuilder() {
        Builder builder = new Builder(targetModules);
        builder.rank = rank;
        builder.alpha = alpha;
        builder.dropout = dropout;
        builder.scaling = scaling;
        builder.init = init;
        builder.patterns = patterns;
        builder.bias = bias;
        builder.modulesToSave = modulesToSave;
        return builder;
    }

    /** Collects settings; {@link #build} checks them. Not thread-safe. */
    public static final class Builder {
        private final TargetModules targetModules;
        private int rank = DEFAULT_RANK;
        private double alpha = DEFAULT_ALPHA;
        private double dropout;
        private LoraScaling scaling = LoraScaling.STANDARD;
        private LoraInit init = LoraInit.KAIMING;
        private LoraPatterns patterns = LoraPatterns.NONE;
        private LoraBias bias = LoraBias.NONE;
        private List<String> modulesToSave = List.of();

        private Builder(TargetModules targetModules) {
            this.targetModules = targetModules;
        }

        /** Sets the inner dimension of the factors, {@value LoraConfig#DEFAULT_RANK} by default. */
        public Builder rank(int value) {
            rank = value;
            return this;
        }

        /** Sets the numerator of the scaling, {@value LoraConfig#DEFAULT_ALPHA} by default. */
        public Builder alpha(double value) {
            alpha = value;
            return this;
        }

        /** Sets the probability of dropping an input of A, 0 by default. */
        public Builder dropout(double value) {
            dropout = value;
            return this;
        }

        /** Sets how alpha and rank make the scaling, {@link LoraScaling#STANDARD} by default. */
        public Builder scaling(LoraScaling value) {
            scaling = value;
            return this;
        }

        /** Sets how A and B start, {@link LoraInit#KAIMING} by default. */
        public Builder init(LoraInit value) {
            init = value;
            return this;
        }

        /** Sets other ranks and alphas for modules whose path ends with a match of a key. */
        public Builder patterns(Map<String, Integer> ranks, Map<String, Double> alphas) {
            patterns = new LoraPatterns(ranks, alphas);
            return this;
        }

        /** Sets which biases train beside the factors, {@link LoraBias#NONE} by default. */
        public Builder bias(LoraBias value) {
            bias = value;
            return this;
        }

        /** Sets modules that are trained and saved as a whole. */
        public Builder modulesToSave(String... modules) {
            modulesToSave = List.of(modules);
            return this;
        }

        /**
         * Returns the settings.
         *
         * @throws IllegalArgumentException if one is out of range
         */
        public LoraConfig build() {
            return new LoraConfig(targetModules, rank, alpha, dropout, scaling, init, patterns, bias, modulesToSave);
        }
    }
}
