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
import io.peft4j.model.VirtualTokens;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An adaptation that does what another does, but for the methods it overrides.
 *
 * <p>{@link #projection} is not passed on: as a whole it is made of the other three of a linear layer, which are.
 */
interface Delegating extends Adaptation {

    /** Returns what does the work. */
    Adaptation part();

    @Override
    default Tensor weight(WeightSite site, Tensor frozen) {
        return part().weight(site, frozen);
    }

    @Override
    default Tensor linearInput(LinearSite site, Tensor x) {
        return part().linearInput(site, x);
    }

    @Override
    default Tensor linear(LinearSite site, Tensor x, Tensor y) {
        return part().linear(site, x, y);
    }

    @Override
    default LinearWeights merged(LinearSite site, LinearWeights weights) {
        return part().merged(site, weights);
    }

    @Override
    default Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return part().embedding(site, ids, y);
    }

    @Override
    default Tensor merged(TableSite site, Tensor table) {
        return part().merged(site, table);
    }

    @Override
    default @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        return part().update(site, x, f);
    }

    @Override
    default boolean combines() {
        return part().combines();
    }

    @Override
    default SublayerUpdate combine(SublayerSite site, List<SublayerUpdate> updates) {
        return part().combine(site, updates);
    }

    @Override
    default Tensor embeddings(EmbeddingSite site, Tensor embedded) {
        return part().embeddings(site, embedded);
    }

    @Override
    default @Nullable Tensor prompt(EmbeddingSite site) {
        return part().prompt(site);
    }

    @Override
    default int keysInDistances(AttentionSite.Kind kind) {
        return part().keysInDistances(kind);
    }

    @Override
    default VirtualTokens virtualTokens() {
        return part().virtualTokens();
    }

    @Override
    default Tensor layersInput(EmbeddingSite site, Tensor hidden) {
        return part().layersInput(site, hidden);
    }

    @Override
    default @Nullable List<Tensor> prefix(AttentionSite site) {
        return part().prefix(site);
    }

    @Override
    default Tensor attended(AttendedSite site, Tensor y) {
        return part().attended(site, y);
    }

    @Override
    default boolean isMergeable() {
        return part().isMergeable();
    }

    @Override
    default boolean readsWholeSequence() {
        return part().readsWholeSequence();
    }
}
