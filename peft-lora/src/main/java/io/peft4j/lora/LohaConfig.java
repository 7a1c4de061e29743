package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import java.util.List;

/**
 * How linear layers are adapted with the element-wise product of two low-rank matrices: Hyeon-Woo et al. 2021, <a
 * href="https://arxiv.org/abs/2108.06098">arXiv:2108.06098</a>.
 *
 * @param targetModules the layers to adapt
 * @param rank inner dimension r of each product, positive; the update has up to rank r²
 * @param alpha numerator of the scaling alpha/r, positive
 * @param dropout what is left out of the update while training
 * @param init whether a fresh adapter changes nothing
 * @param patterns other ranks and alphas for some modules
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record LohaConfig(
        TargetModules targetModules,
        int rank,
        double alpha,
        UpdateDropout dropout,
        FactorInit init,
        LoraPatterns patterns,
        List<String> modulesToSave)
        implements PeftConfig {

    public LohaConfig {
        modulesToSave = List.copyOf(modulesToSave);
        Settings.checkFactors(rank, alpha, patterns);
    }

    @Override
    public String peftType() {
        return LohaMethod.TYPE;
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
    public static final class Builder extends LowRankBuilder<Builder, LohaConfig> {
        private UpdateDropout dropout = UpdateDropout.NONE;
        private FactorInit init = FactorInit.ZERO;

        private Builder(TargetModules targetModules) {
            super(targetModules);
        }

        @Override
        Builder self() {
            return this;
        }

        /** Sets what is left out of the update while training, nothing by default. */
        public Builder dropout(UpdateDropout value) {
            dropout = value;
            return this;
        }

        /** Sets whether a fresh adapter changes nothing, which it does not by default. */
        public Builder init(FactorInit value) {
            init = value;
            return this;
        }

        @Override
        public LohaConfig build() {
            return new LohaConfig(targetModules, rank, alpha, dropout, init, patterns, modulesToSave);
        }
    }
}
