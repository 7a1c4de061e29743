package io.peft4j.adapterhub;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.VirtualTokens.Placement;
import java.util.List;

/**
 * Prompt tuning as AdapterHub has it: learned rows behind the embeddings, so without positions and norms.
 *
 * @param length P, how many rows
 * @param placement where in the text they go
 */
public record HubPromptConfig(int length, Placement placement) implements PeftConfig {

    static final String TYPE = "ADAPTERHUB_PROMPT_TUNING";

    /** How many there are if nobody says. */
    public static final int DEFAULT_LENGTH = 10;

    public HubPromptConfig {
        if (length < 1) {
            throw new IllegalArgumentException("prompt_length must be positive: " + length);
        }
    }

    /** Returns a prompt of some length before the whole text: {@code prompt_tuning}. */
    public static HubPromptConfig of(int length) {
        return new HubPromptConfig(length, Placement.FIRST);
    }

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public List<String> modulesToSave() {
        return List.of();
    }
}
