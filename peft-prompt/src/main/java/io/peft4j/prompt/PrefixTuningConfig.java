package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.prompt.PrefixEncoder.Init;
import java.util.List;
import java.util.OptionalInt;

/**
 * Learned keys and values before those of every layer.
 *
 * <p>For classifying texts or tokens this is P-tuning v2.
 *
 * @param virtualTokens how many, positive
 * @param encoder what they come from
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record PrefixTuningConfig(int virtualTokens, PrefixEncoder encoder, List<String> modulesToSave)
        implements PeftConfig {

    public PrefixTuningConfig {
        modulesToSave = List.copyOf(modulesToSave);
        PromptFields.checkVirtualTokens(virtualTokens);
    }

    @Override
    public String peftType() {
        return PrefixTuningMethod.TYPE;
    }

    /** Returns settings with some number of learned keys and values. */
    public static PrefixTuningConfig of(int virtualTokens) {
        return new PrefixTuningConfig(virtualTokens, new PrefixEncoder.Flat(Init.DEFAULT), List.of());
    }

    /** Returns settings with keys and values that a network of two layers computes while training. */
    public static PrefixTuningConfig projected(int virtualTokens) {
        return new PrefixTuningConfig(
                virtualTokens, new PrefixEncoder.Projected(OptionalInt.empty(), Init.DEFAULT), List.of());
    }

    /** Returns the same settings with another encoder. */
    public PrefixTuningConfig encoder(PrefixEncoder other) {
        return new PrefixTuningConfig(virtualTokens, other, modulesToSave);
    }
}
