package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttendedSite;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.model.TargetModules;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter changes, but for some layers of the model, which compute as the base does (AdapterDrop, Rücklé et al.
 * 2021).
 *
 * @param part what it changes
 * @param layers numbers of the layers to leave alone
 */
record Skipping(Adaptation part, SortedSet<Integer> layers) implements Delegating {

    Skipping {
        layers = Collections.unmodifiableSortedSet(new TreeSet<>(layers));
    }

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        return isLeftAlone(site.path()) ? frozen : part.weight(site, frozen);
    }

    @Override
    public Tensor linearInput(LinearSite site, Tensor x) {
        return isLeftAlone(site.path()) ? x : part.linearInput(site, x);
    }

    @Override
    public Tensor projection(LinearSite site, Tensor x) {
        return isLeftAlone(site.path()) ? site.apply(x) : part.projection(site, x);
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        return isLeftAlone(site.path()) ? y : part.linear(site, x, y);
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        return isLeftAlone(site.path()) ? weights : part.merged(site, weights);
    }

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        return layers.contains(site.layer()) ? null : part.update(site, x, f);
    }

    @Override
    public @Nullable List<Tensor> prefix(AttentionSite site) {
        return layers.contains(site.layer()) ? null : part.prefix(site);
    }

    @Override
    public Tensor attended(AttendedSite site, Tensor y) {
        return layers.contains(site.layer()) ? y : part.attended(site, y);
    }

    private boolean isLeftAlone(String path) {
        OptionalInt layer = TargetModules.layerOf(path);
        return layer.isPresent() && layers.contains(layer.getAsInt());
    }
}
