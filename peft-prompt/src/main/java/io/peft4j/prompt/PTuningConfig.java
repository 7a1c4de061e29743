package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import java.util.List;
import java.util.OptionalInt;

/**
 * Learned rows before the embeddings of every text, computed by an encoder that is not needed after training.
 *
 * @param virtualTokens how many rows, positive
 * @param encoder what computes them
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record PTuningConfig(int virtualTokens, PromptEncoder encoder, List<String> modulesToSave)
        implements PeftConfig {

    public PTuningConfig {
        modulesToSave = List.copyOf(modulesToSave);
        PromptFields.checkVirtualTokens(virtualTokens);
    }

    @Override
    public String peftType() {
        return PTuningMethod.TYPE;
    }

    /** Returns settings with some number of rows, which a network of three layers computes. */
    public static PTuningConfig of(int virtualTokens) {
        return new PTuningConfig(virtualTokens, new PromptEncoder.Mlp(OptionalInt.empty()), List.of());
    }

    /** Returns the same settings with another encoder. */
    public PTuningConfig encoder(PromptEncoder other) {
        return new PTuningConfig(virtualTokens, other, modulesToSave);
    }
}
