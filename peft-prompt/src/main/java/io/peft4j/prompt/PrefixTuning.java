package io.peft4j.prompt;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.SharedSite;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.prompt.PrefixTuningConfig.Generation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Learned keys and values before those of the text: attention over [k₁ … k_P, K·x] and [v₁ … v_P, V·x].
 *
 * <ul>
 *   <li>k, v: [P, D] in each of L layers, slices 2j and 2j + 1 of rows [P, 2·L·D]; computed once per batch
 *   <li>j = s·i mod L in layer i of a decoder that is one of s stacks, as Hugging Face PEFT counts; j = i for s = 1
 * </ul>
 *
 * @param length P
 * @param places the attentions that have a prefix, by their layer
 * @param layout which slices they have
 * @param encoder what the rows come from
 * @param generation how answers are written
 */
record PrefixTuning(int length, List<String> places, Layout layout, PrefixEncoder encoder, Generation generation)
        implements Adaptation {

    /**
     * Which slices of the rows a layer has.
     *
     * @param layers L
     * @param stacks s
     */
    record Layout(int layers, int stacks) {

        /** Returns j for layer i. */
        int pair(int layer) {
            return stacks * layer % layers;
        }
    }

    PrefixTuning {
        places = List.copyOf(places);
    }

    @Override
    public @Nullable List<Tensor> prefix(AttentionSite site) {
        int layer = places.indexOf(site.path());
        if (layer < 0) {
            return null;
        }
        long width = site.heads() * site.headWidth();
        List<Tensor> rows = site.once(PromptFields.ROWS, shared -> slices(shared, width));
        int pair = layout.pair(layer);
        return List.of(rows.get(2 * pair + 1), rows.get(2 * pair + 2));
    }

    /** Returns the rows, then the keys and values of each slice. */
    private List<Tensor> slices(SharedSite site, long width) {
        Tensor rows = encoder.rows(site, length, width, 2 * width * layout.layers());
        List<Tensor> results = new ArrayList<>(List.of(rows));
        for (int slice = 0; slice < 2 * layout.layers(); slice++) {
            results.add(rows.slice(1, Dim.of(slice * width), Dim.of((slice + 1) * width)));
        }
        return results;
    }

    @Override
    public VirtualTokens virtualTokens() {
        return generation == Generation.AS_PEFT ? VirtualTokens.unmovingKeys(length) : VirtualTokens.keys(length);
    }

    @Override
    public boolean isMergeable() {
        return false;
    }
}
