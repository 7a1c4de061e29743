package io.peft4j.model;

import io.peft4j.program.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the selected adapters change in a model while it is recorded: one method per kind of attachment point.
 *
 * <p>Implementations are values: equal adaptations record equal networks, so adapters of equal configuration share the
 * compiled code. Every method has a default that changes nothing.
 */
public interface Adaptation {

    /** Changes nothing. */
    Adaptation NONE = new Adaptation() {
        @Override
        public String toString() {
            return "none";
        }
    };

    /** Returns the tensor to use for a weight of the base model. */
    default Tensor weight(WeightSite site, Tensor frozen) {
        return frozen;
    }

    /**
     * Returns the output of a linear layer.
     *
     * @param x the input [..., in]
     * @param y the output of the base layer [..., out]
     */
    default Tensor linear(LinearSite site, Tensor x, Tensor y) {
        return y;
    }

    /**
     * Returns what goes into a linear layer.
     *
     * @param x the input [..., in]
     */
    default Tensor linearInput(LinearSite site, Tensor x) {
        return x;
    }

    /** Returns a linear layer as a whole: with the weights in use, its input and its output through what is attached. */
    default Tensor projection(LinearSite site, Tensor x) {
        LinearSite own = site.with(this);
        Tensor input = linearInput(own, x);
        return linear(own, input, own.apply(input));
    }

    /** Returns what the weights of a linear layer become when the adapters are merged into them. */
    default LinearWeights merged(LinearSite site, LinearWeights weights) {
        return weights;
    }

    /**
     * Returns rows that were looked up in a table.
     *
     * @param ids the numbers of the rows [...]
     * @param y the rows of the base table [..., D]
     */
    default Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return y;
    }

    /** Returns what a table [V, D] becomes when the adapters are merged into it, in FLOAT32. */
    default Tensor merged(TableSite site, Tensor table) {
        return table;
    }

    /**
     * Returns what is made of a sub-layer's output, or null where nothing is attached.
     *
     * @param x the residual stream before the sub-layer [B, T, D]
     * @param f the sub-layer's output [B, T, D]
     */
    default @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        return null;
    }

    /** Returns what leaves a sub-layer of the residual stream: norm(x + f) with {@link #update} in the place of f. */
    default Tensor sublayer(SublayerSite site, Tensor x, Tensor f) {
        SublayerUpdate update = update(site, x, f);
        return update == null ? site.join(x, f) : update.join(site, x);
    }

    /** Returns whether this combines what others do, and does nothing alone; see {@link #combine}. */
    default boolean combines() {
        return false;
    }

    /**
     * Checks that this was made to combine the adapters of some names, in their order.
     *
     * @throws IllegalArgumentException if it combines others
     */
    default void checkCombined(List<String> adapters) {}

    /**
     * Returns one update made of several.
     *
     * @param updates of the adapters that are combined, those that have one at this place
     */
    default SublayerUpdate combine(SublayerSite site, List<SublayerUpdate> updates) {
        throw new IllegalStateException("%s combines nothing".formatted(this));
    }

    /** Returns the embeddings of a text [B, T, D]; called for the words and for what the first layer gets. */
    default Tensor embeddings(EmbeddingSite site, Tensor embedded) {
        return embedded;
    }

    /** Returns the learned rows [K, D] that join the embeddings of every text, or null for none at this place. */
    default @Nullable Tensor prompt(EmbeddingSite site) {
        return null;
    }

    /** Returns how many learned tokens there are and where: what {@link #prompt} and {@link #prefix} add up to. */
    default VirtualTokens virtualTokens() {
        return VirtualTokens.NONE;
    }

    /** Returns what goes into the first layer [B, T, D], after positions and norms of the embeddings. */
    default Tensor layersInput(EmbeddingSite site, Tensor hidden) {
        return hidden;
    }

    /**
     * Returns learned keys and values that attention puts before its own, or null for none.
     *
     * <p>They are [P, H·Hd] for all texts alike or [B, P, H·Hd] for each.
     */
    default @Nullable List<Tensor> prefix(AttentionSite site) {
        return null;
    }

    /**
     * Returns how many of the keys of {@link #prefix} distances between tokens are counted over, as if the text began with
     * them; no position moves.
     */
    default int keysInDistances(AttentionSite.Kind kind) {
        return 0;
    }

    /**
     * Returns what attention makes of a text.
     *
     * @param y what it makes of the text alone [B, T, H·Hd]
     */
    default Tensor attended(AttendedSite site, Tensor y) {
        return y;
    }

    /** Returns whether all that changes are weights, so that {@link #merged} and {@link #weight} say everything. */
    default boolean isMergeable() {
        return true;
    }

    /** Returns whether some attached function looks at other tokens than its own, so that none may be left out. */
    default boolean readsWholeSequence() {
        return false;
    }
}
