package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttendedSite;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.LinearSite;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.model.TableSite;
import io.peft4j.model.VirtualTokens;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An adaptation that notes where another changes something while a model is recorded. */
final class Probe implements Adaptation {

    private final Adaptation observed;
    private final EnumSet<Place> places = EnumSet.noneOf(Place.class);

    Probe(Adaptation observed) {
        this.observed = observed;
    }

    /** Returns the places that were changed. */
    Set<Place> places() {
        return Collections.unmodifiableSet(places);
    }

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        return note(Place.OTHER_WEIGHT, frozen, observed.weight(site, frozen));
    }

    @Override
    public Tensor projection(LinearSite site, Tensor x) {
        LinearSite own = site.with(observed);
        if (own != site) {
            places.add(Place.WEIGHT_OF_LINEAR);
        }
        Tensor input = note(Place.LINEAR, x, observed.linearInput(own, x));
        Tensor y = own.apply(input);
        note(Place.LINEAR, y, observed.linear(own, input, y));
        return observed.projection(site, x);
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return note(Place.EMBEDDING, y, observed.embedding(site, ids, y));
    }

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        SublayerUpdate update = observed.update(site, x, f);
        if (update != null) {
            places.add(Place.SUBLAYER);
        }
        return update;
    }

    @Override
    public Tensor embeddings(EmbeddingSite site, Tensor embedded) {
        return note(Place.INPUT_EMBEDDINGS, embedded, observed.embeddings(site, embedded));
    }

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        Tensor prompt = observed.prompt(site);
        if (prompt != null) {
            places.add(Place.INPUT_EMBEDDINGS);
        }
        return prompt;
    }

    @Override
    public int keysInDistances(AttentionSite.Kind kind) {
        return observed.keysInDistances(kind);
    }

    @Override
    public VirtualTokens virtualTokens() {
        return observed.virtualTokens();
    }

    @Override
    public Tensor layersInput(EmbeddingSite site, Tensor hidden) {
        return note(Place.INPUT_EMBEDDINGS, hidden, observed.layersInput(site, hidden));
    }

    @Override
    public @Nullable List<Tensor> prefix(AttentionSite site) {
        List<Tensor> prefix = observed.prefix(site);
        if (prefix != null) {
            places.add(Place.KEYS_AND_VALUES);
        }
        return prefix;
    }

    @Override
    public Tensor attended(AttendedSite site, Tensor y) {
        return note(Place.ATTENTION, y, observed.attended(site, y));
    }

    @Override
    public boolean readsWholeSequence() {
        return observed.readsWholeSequence();
    }

    private Tensor note(Place place, Tensor before, Tensor after) {
        if (before != after) {
            places.add(place);
        }
        return after;
    }
}
