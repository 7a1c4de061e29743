package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttendedSite;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.model.TableSite;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter changes, with its tensors in one slot of the selection.
 *
 * @param part what it changes
 * @param slot where its tensors are
 */
record InSlot(Adaptation part, int slot) implements Delegating {

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        return part.weight(site.in(slot), frozen);
    }

    @Override
    public Tensor linearInput(LinearSite site, Tensor x) {
        return part.linearInput(site.in(slot), x);
    }

    @Override
    public Tensor projection(LinearSite site, Tensor x) {
        return part.projection(site.in(slot), x);
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        return part.linear(site.in(slot), x, y);
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        return part.merged(site.in(slot), weights);
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return part.embedding(site.in(slot), ids, y);
    }

    @Override
    public Tensor merged(TableSite site, Tensor table) {
        return part.merged(site.in(slot), table);
    }

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        return part.update(site.in(slot), x, f);
    }

    @Override
    public SublayerUpdate combine(SublayerSite site, List<SublayerUpdate> updates) {
        return part.combine(site.in(slot), updates);
    }

    @Override
    public Tensor embeddings(EmbeddingSite site, Tensor embedded) {
        return part.embeddings(site.in(slot), embedded);
    }

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        return part.prompt(site.in(slot));
    }

    @Override
    public Tensor layersInput(EmbeddingSite site, Tensor hidden) {
        return part.layersInput(site.in(slot), hidden);
    }

    @Override
    public @Nullable List<Tensor> prefix(AttentionSite site) {
        return part.prefix(site.in(slot));
    }

    @Override
    public Tensor attended(AttendedSite site, Tensor y) {
        return part.attended(site.in(slot), y);
    }
}
