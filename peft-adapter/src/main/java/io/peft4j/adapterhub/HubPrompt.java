package io.peft4j.adapterhub;

import io.peft4j.model.Adaptation;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.Initializer;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Learned rows among what the first layer gets: [e₁ … e_P, h₁ … h_T].
 *
 * <ul>
 *   <li>e: [P, D] for the embeddings h: [T, D] of a text
 * </ul>
 *
 * @param config the settings
 * @param root of the base model, where the rows are
 */
record HubPrompt(HubPromptConfig config, String root) implements Adaptation {

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        return site.place() == EmbeddingSite.Place.HIDDEN
                ? site.shared(
                        root + "prompt_tuning.prompt_tunings.prompt_embedding.weight",
                        Initializer.uniform(0.5),
                        true,
                        config.length(),
                        site.width())
                : null;
    }

    @Override
    public VirtualTokens virtualTokens() {
        return VirtualTokens.hidden(config.length(), config.placement());
    }

    @Override
    public boolean isMergeable() {
        return false;
    }
}
