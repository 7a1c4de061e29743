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
 * @param generation how answers of encoder-decoders are written
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record PrefixTuningConfig(
        int virtualTokens, PrefixEncoder encoder, Generation generation, List<String> modulesToSave)
        implements PeftConfig {

    /** Where an encoder-decoder's answer is while it is written; other models have one place for it. */
    public enum Generation {
        /** Behind the learned keys, as in training. */
        AS_TRAINED,
        /** At the places of the learned keys, so that token i sees i + 1 keys, as Hugging Face PEFT 0.21 generates. */
        AS_PEFT
    }

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
        return new PrefixTuningConfig(
                virtualTokens, new PrefixEncoder.Flat(Init.DEFAULT), Generation.AS_TRAINED, List.of());
    }

    /** Returns settings with keys and values that a network of two layers computes while training. */
    public static PrefixTuningConfig projected(int virtualTokens) {
        return new PrefixTuningConfig(
                virtualTokens,
                new PrefixEncoder.Projected(OptionalInt.empty(), Init.DEFAULT),
                Generation.AS_TRAINED,
                List.of());
    }

    /** Returns the same settings with another encoder. */
    public PrefixTuningConfig encoder(PrefixEncoder other) {
        return new PrefixTuningConfig(virtualTokens, other, generation, modulesToSave);
    }

    /** Returns the same settings for answers that are written in some way. */
    public PrefixTuningConfig generation(Generation other) {
        return new PrefixTuningConfig(virtualTokens, encoder, other, modulesToSave);
    }
}
