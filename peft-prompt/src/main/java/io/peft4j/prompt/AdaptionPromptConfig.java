package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import java.util.List;

/**
 * Gated prompts in the highest layers of a decoder: LLaMA-Adapter.
 *
 * @param length learned rows of each layer, positive
 * @param layers how many layers have them, from the top
 * @param target the last name of the attentions' paths, empty for whatever the model calls them
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record AdaptionPromptConfig(int length, int layers, String target, List<String> modulesToSave)
        implements PeftConfig {

    /** How many rows there are if nobody says, as in the paper. */
    public static final int DEFAULT_LENGTH = 10;

    public AdaptionPromptConfig {
        modulesToSave = List.copyOf(modulesToSave);
        PromptFields.checkVirtualTokens(length);
        if (layers < 1) {
            throw new IllegalArgumentException("the number of layers with a prompt must be positive: " + layers);
        }
    }

    @Override
    public String peftType() {
        return AdaptionPromptMethod.TYPE;
    }

    /** Returns settings with some number of rows in so many layers from the top. */
    public static AdaptionPromptConfig of(int length, int layers) {
        return new AdaptionPromptConfig(length, layers, "", List.of());
    }
}
