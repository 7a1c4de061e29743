package io.peft4j.prompt;

import io.peft4j.model.Adaptation;
import io.peft4j.model.EmbeddingSite;
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
 * @param init how they start
 * @param words the base model's table of words
 */
record PromptTuning(int length, int stored, Placement placement, PromptInit init, String words) implements Adaptation {

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        return site.place() == EmbeddingSite.Place.WORDS
                ? PromptFields.front(
                        site.shared(PromptFields.ROWS, init.initializer(words), true, stored, site.width()), length)
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
