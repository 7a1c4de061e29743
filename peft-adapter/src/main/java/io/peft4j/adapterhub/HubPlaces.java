package io.peft4j.adapterhub;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.BaseModel;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.RecordingOptions;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An adaptation that changes nothing and notes places of a model while it is recorded. */
final class HubPlaces implements Adaptation {

    private final List<AttentionSite> attentions = new ArrayList<>();
    private final List<EmbeddingSite> embeddings = new ArrayList<>();
    private final List<SublayerSite> sublayers = new ArrayList<>();

    private HubPlaces() {}

    /** Returns the places of a model. */
    static HubPlaces of(BaseModel base) {
        HubPlaces places = new HubPlaces();
        base.record(RecordingOptions.inference(places, base.dtype(), false), (network, task) -> {});
        return places;
    }

    /** Returns the attentions, as they come. */
    List<AttentionSite> attentions() {
        return attentions;
    }

    /** Returns the places where rows may join what the first layer gets. */
    List<EmbeddingSite> embeddings() {
        return embeddings;
    }

    /** Returns the sub-layers, as they come. */
    List<SublayerSite> sublayers() {
        return sublayers;
    }

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        sublayers.add(site);
        return null;
    }

    @Override
    public @Nullable List<Tensor> prefix(AttentionSite site) {
        attentions.add(site);
        return null;
    }

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        if (site.place() == EmbeddingSite.Place.HIDDEN) {
            embeddings.add(site);
        }
        return null;
    }
}
