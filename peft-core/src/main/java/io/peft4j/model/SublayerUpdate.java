package io.peft4j.model;

import io.peft4j.program.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter makes of a sub-layer's output f: residual + update, in the place of f.
 *
 * @param query what the update was computed from, before its own norm [B, T, D]
 * @param residual what the update is added to [B, T, D], or null where the update is all
 * @param update what the adapter adds [B, T, D]
 * @param isStream whether the sum is the residual stream itself, so that the model neither adds x nor normalises
 */
public record SublayerUpdate(Tensor query, @Nullable Tensor residual, Tensor update, boolean isStream) {

    /** Returns residual + update. */
    public Tensor value() {
        return residual == null ? update : residual.add(update);
    }

    /** Returns what leaves the sub-layer. */
    Tensor join(SublayerSite site, Tensor x) {
        return isStream ? value() : site.join(x, value());
    }
}
