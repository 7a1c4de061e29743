package io.peft4j.prompt;

import io.peft4j.model.Adaptation;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.Initializer;
import io.peft4j.model.VirtualTokens;
import io.peft4j.model.VirtualTokens.Placement;
import io.peft4j.program.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Learned rows among the embeddings of words: the layers get [e₁ … e_P, x₁ … x_T].
 *
 * <ul>
 *   <li>e: [P, D] for a text x: [T, D]
 * </ul>
 *
 * @param length P
 * @param stored how many rows the file has; the first P are used
 * @param placement where the rows go
 * @param start how they start
 * @param reparameterization what they are while they are learned
 */
record PromptTuning(
        int length, int stored, Placement placement, Initializer start, Reparameterization reparameterization)
        implements Adaptation {

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        return site.place() == EmbeddingSite.Place.WORDS
                ? PromptFields.front(reparameterization.rows(site, start, stored, site.width()), length)
                : null;
    }

    @Override
    public VirtualTokens virtualTokens() {
        return VirtualTokens.words(length, placement);
    }

    @Override
    public boolean isMergeable() {
        return false;
    }
}
