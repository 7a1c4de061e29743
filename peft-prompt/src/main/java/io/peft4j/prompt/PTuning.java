package io.peft4j.prompt;

import io.peft4j.model.Adaptation;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.VirtualTokens;
import io.peft4j.model.VirtualTokens.Placement;
import io.peft4j.program.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows among the embeddings of words that an encoder computes, once per batch: e = encoder(z).
 *
 * <ul>
 *   <li>z, e: [P, D]
 * </ul>
 *
 * @param length P
 * @param stored how many rows the encoder computes; the first P are used
 * @param encoder what computes the rows
 */
record PTuning(int length, int stored, PromptEncoder encoder) implements Adaptation {

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        if (site.place() != EmbeddingSite.Place.WORDS) {
            return null;
        }
        Tensor rows = encoder instanceof PromptEncoder.Folded
                ? encoder.rows(site, stored, site.width())
                : site.once(PromptFields.ROWS, shared -> List.of(encoder.rows(shared, stored, site.width())))
                        .get(0);
        return PromptFields.front(rows, length);
    }

    @Override
    public VirtualTokens virtualTokens() {
        return VirtualTokens.words(length, Placement.FIRST);
    }

    @Override
    public boolean isMergeable() {
        return false;
    }
}
