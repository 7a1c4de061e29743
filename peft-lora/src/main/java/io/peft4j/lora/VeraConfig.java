package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import java.util.List;

/**
 * How linear layers are adapted with two vectors each: Kopiczko et al. 2023, <a
 * href="https://arxiv.org/abs/2310.11454">arXiv:2310.11454</a>.
 *
 * @param targetModules the layers to adapt
 * @param rank inner dimension r of the shared factors, positive; larger than LoRA's, since it costs little
 * @param dropout probability of dropping an input of A, in [0, 1)
 * @param initial where the inner vector starts
 * @param projection how the shared factors are drawn and kept
 * @param bias which biases train beside the vectors
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record VeraConfig(
        TargetModules targetModules,
        int rank,
        double dropout,
        double initial,
        Projection projection,
        LoraBias bias,
        List<String> modulesToSave)
        implements PeftConfig {

    /** The rank if none is given. */
    public static final int DEFAULT_RANK = 256;

    /**
     * How the shared factors are drawn and kept.
     *
     * @param key seed of their generator
     * @param saved whether files hold them; without, they are drawn again, bit for bit, when the file is read
     */
    public record Projection(int key, boolean saved) {}

    public VeraConfig {
        modulesToSave = List.copyOf(modulesToSave);
        Settings.check(rank > 0, "rank must be positive: %d", rank);
        Settings.checkProbability("dropout", dropout);
        Settings.check(Double.isFinite(initial), "initial value must be finite: %s", initial);
    }

    @Override
    public String peftType() {
        return VeraMethod.TYPE;
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
    public static final class Builder {
        private final TargetModules targetModules;
        private int rank = DEFAULT_RANK;
        private double dropout;
        private double initial = 0.1;
        private Projection projection = new Projection(0, true);
        private LoraBias bias = LoraBias.NONE;
        private List<String> modulesToSave = List.of();

        private Builder(TargetModules targetModules) {
            this.targetModules = targetModules;
        }

        /** Sets the inner dimension of the factors, {@value VeraConfig#DEFAULT_RANK} by default. */
        public Builder rank(int value) {
            rank = value;
            return this;
        }

        /** Sets the probability of dropping an input of A, 0 by default. */
        public Builder dropout(double value) {
            dropout = value;
            return this;
        }

        /** Sets where the inner vector starts, 0.1 by default. */
        public Builder initial(double value) {
            initial = value;
            return this;
        }

        /** Sets how the factors are drawn and kept; by default with seed 0, in the file. */
        public Builder projection(Projection value) {
            projection = value;
            return this;
        }

        /** Sets which biases train beside the vectors, {@link LoraBias#NONE} by default. */
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
        public VeraConfig build() {
            return new VeraConfig(targetModules, rank, dropout, initial, projection, bias, modulesToSave);
        }
    }
}
