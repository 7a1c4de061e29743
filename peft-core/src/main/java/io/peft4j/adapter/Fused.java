package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.LinearSite;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.model.TableSite;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sub-layer updates of several adaptations that one more combines, as in AdapterFusion; the head is that one's too.
 *
 * @param fusion what combines
 * @param parts what is combined
 */
record Fused(Adaptation fusion, List<Adaptation> parts) implements Adaptation {

    Fused {
        parts = List.copyOf(parts);
    }

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        return fusion.weight(site, frozen);
    }

    @Override
    public Tensor projection(LinearSite site, Tensor x) {
        return fusion.projection(site, x);
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return fusion.embedding(site, ids, y);
    }

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        List<SublayerUpdate> updates = parts.stream()
                .map(part -> part.update(site, x, f))
                .filter(Objects::nonNull)
                .toList();
        return updates.isEmpty() ? null : fusion.combine(site, updates);
    }

    @Override
    public boolean isMergeable() {
        return false;
    }

    @Override
    public boolean readsWholeSequence() {
        return fusion.readsWholeSequence() || parts.stream().anyMatch(Adaptation::readsWholeSequence);
    }
}
