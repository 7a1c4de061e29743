package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import java.util.List;

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
 * @param also what trains beside them
 */
public record LoraConfig(
        TargetModules targetModules,
        int rank,
        double alpha,
        double dropout,
        LoraScaling scaling,
        LoraInit init,
        LoraPatterns patterns,
        AlsoTrained also)
        implements PeftConfig {

    /** The rank if none is given. */
    public static final int DEFAULT_RANK = 8;

    /** The numerator of the scaling if none is given. */
    public static final double DEFAULT_ALPHA = 8;

    public LoraConfig {
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

    @Override
    public List<String> modulesToSave() {
        return also.modules();
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
        Builder builder = new Builder(targetModules).rank(rank).alpha(alpha);
        builder.dropout = dropout;
        builder.scaling = scaling;
        builder.init = init;
        builder.patterns = patterns;
        builder.bias = also.bias();
        builder.tokens = also.tokens();
        builder.modulesToSave = also.modules();
        return builder;
    }

    /** Collects settings; {@link #build} checks them. Not thread-safe. */
    public static final class Builder extends LowRankBuilder<Builder, LoraConfig> {
        private double dropout;
        private LoraScaling scaling = LoraScaling.STANDARD;
        private LoraInit init = LoraInit.KAIMING;
        private LoraBias bias = LoraBias.NONE;
        private TrainedTokens tokens = TrainedTokens.NONE;

        private Builder(TargetModules targetModules) {
            super(targetModules);
        }

        @Override
        Builder self() {
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

        /** Sets which biases train beside the factors, {@link LoraBias#NONE} by default. */
        public Builder bias(LoraBias value) {
            bias = value;
            return this;
        }

        /** Sets the tokens whose embeddings are learned, {@link TrainedTokens#NONE} by default. */
        public Builder tokens(TrainedTokens value) {
            tokens = value;
            return this;
        }

        @Override
        public LoraConfig build() {
            AlsoTrained also = new AlsoTrained(bias, tokens, modulesToSave);
            return new LoraConfig(targetModules, rank, alpha, dropout, scaling, init, patterns, also);
        }
    }
}
