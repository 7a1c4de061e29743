package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.VirtualTokens.Placement;
import java.util.List;

/**
 * Learned rows before the embeddings of every text.
 *
 * @param virtualTokens how many, positive
 * @param init how they start
 * @param placement where in the text they go
 * @param reparameterization what they are while they are learned
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record PromptTuningConfig(
        int virtualTokens,
        PromptInit init,
        Placement placement,
        Reparameterization reparameterization,
        List<String> modulesToSave)
        implements PeftConfig {

    /** How many rows there are if nobody says. */
    public static final int DEFAULT_VIRTUAL_TOKENS = 20;

    public PromptTuningConfig {
        modulesToSave = List.copyOf(modulesToSave);
        PromptFields.checkVirtualTokens(virtualTokens);
    }

    @Override
    public String peftType() {
        return PromptTuningMethod.TYPE;
    }

    /** Returns the same settings with another start. */
    PromptTuningConfig init(PromptInit other) {
        return new PromptTuningConfig(virtualTokens, other, placement, reparameterization, modulesToSave);
    }

    /** Returns the same settings for rows that are something else while they are learned. */
    PromptTuningConfig reparameterization(Reparameterization other) {
        return new PromptTuningConfig(virtualTokens, init, placement, other, modulesToSave);
    }

    /** Returns settings with some number of rows, which start as words drawn at random. */
    public static Builder builder(int virtualTokens) {
        return new Builder(virtualTokens);
    }

    /** Collects settings; {@link #build} checks them. Not thread-safe. */
    public static final class Builder {
        private final int virtualTokens;
        private PromptInit init = new PromptInit.Vocabulary();
        private Placement placement = Placement.FIRST;
        private Reparameterization reparameterization = new Reparameterization.None();
        private List<String> modulesToSave = List.of();

        private Builder(int virtualTokens) {
            this.virtualTokens = virtualTokens;
        }

        /** Sets how the rows start, {@link PromptInit.Vocabulary} by default. */
        public Builder init(PromptInit value) {
            init = value;
            return this;
        }

        /** Sets where in the text the rows go, {@link Placement#FIRST} by default, as Hugging Face PEFT does. */
        public Builder placement(Placement value) {
            placement = value;
            return this;
        }

        /** Sets what the rows are while they are learned, numbers of their own by default. */
        public Builder reparameterization(Reparameterization value) {
            reparameterization = value;
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
        public PromptTuningConfig build() {
            return new PromptTuningConfig(virtualTokens, init, placement, reparameterization, modulesToSave);
        }
    }
}
