package io.peft4j.lora;

import java.util.List;

/**
 * What trains beside the factors of a LoRA.
 *
 * @param bias which biases of the base model
 * @param tokens which rows of embeddings
 * @param modules modules that are trained and saved as a whole
 */
public record AlsoTrained(LoraBias bias, TrainedTokens tokens, List<String> modules) {

    public AlsoTrained {
        modules = List.copyOf(modules);
    }
}
