package io.peft4j.bottleneck;

import io.peft4j.model.Adaptation;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.program.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Bottlenecks after sub-layers of a model, and an invertible function before its layers.
 *
 * @param placement after which sub-layers
 * @param bottleneck what is there
 * @param invertible after the embeddings, or null for none
 */
record Bottlenecks(BottleneckPlacement placement, Bottleneck bottleneck, @Nullable Nice invertible)
        implements Adaptation {

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        return placement.has(site) ? bottleneck.update(site, x, f) : null;
    }

    @Override
    public Tensor layersInput(EmbeddingSite site, Tensor hidden) {
        return invertible == null ? hidden : invertible.forward(site, hidden);
    }

    @Override
    public boolean isMergeable() {
        return false;
    }

    @Override
    public boolean readsWholeSequence() {
        return bottleneck.output().gating();
    }
}
