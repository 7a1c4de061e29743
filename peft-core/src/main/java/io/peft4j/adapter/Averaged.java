package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttendedSite;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.model.TableSite;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The weighted mean of what several adaptations make of each layer: Σ wᵢ·yᵢ with Σ wᵢ = 1, hence y + Σ wᵢ·Δᵢ.
 *
 * @param parts what is averaged
 * @param weights of the parts, which add up to 1
 */
record Averaged(List<Adaptation> parts, List<Double> weights) implements Adaptation {

    Averaged {
        parts = List.copyOf(parts);
        weights = List.copyOf(weights);
    }

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        return mean(each(part -> part.weight(site, frozen)));
    }

    @Override
    public Tensor projection(LinearSite site, Tensor x) {
        return mean(each(part -> part.projection(site, x)));
    }

    @Override
    public Tensor linearInput(LinearSite site, Tensor x) {
        return mean(each(part -> part.linearInput(site, x)));
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        return mean(each(part -> part.linear(site, x, y)));
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights own) {
        List<LinearWeights> merged = each(part -> part.merged(site, own));
        Tensor bias = own.bias() == null
                ? null
                : mean(merged.stream()
                        .map(m -> Objects.requireNonNull(m.bias()))
                        .toList());
        return new LinearWeights(mean(merged.stream().map(LinearWeights::weight).toList()), bias);
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return mean(each(part -> part.embedding(site, ids, y)));
    }

    @Override
    public Tensor merged(TableSite site, Tensor table) {
        return mean(each(part -> part.merged(site, table)));
    }

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        List<@Nullable SublayerUpdate> updates = new ArrayList<>();
        parts.forEach(part -> updates.add(part.update(site, x, f)));
        SublayerUpdate first =
                updates.stream().filter(Objects::nonNull).findFirst().orElse(null);
        if (first == null) {
            return null;
        }
        boolean streams = first.isStream();
        if (updates.stream().anyMatch(update -> (update != null && update.isStream()) != streams)) {
            throw new IllegalArgumentException(
                    "no mean at %s: some adapters end in the model's own norm there and some do not"
                            .formatted(site.path()));
        }
        boolean additive = updates.stream().allMatch(update -> update == null || update.residual() != null);
        Tensor sum = null;
        List<Tensor> residuals = new ArrayList<>();
        for (int i = 0; i < updates.size(); i++) {
            SublayerUpdate update = updates.get(i);
            Tensor value = update == null ? f : additive ? update.update() : update.value();
            residuals.add(update == null || update.residual() == null ? f : update.residual());
            if (update != null || !additive) {
                Tensor term = value.scale(weights.get(i));
                sum = sum == null ? term : sum.add(term);
            }
        }
        return new SublayerUpdate(
                first.query(), additive ? mean(residuals) : null, Objects.requireNonNull(sum), first.isStream());
    }

    @Override
    public Tensor attended(AttendedSite site, Tensor y) {
        return mean(each(part -> part.attended(site, y)));
    }

    @Override
    public boolean isMergeable() {
        return parts.stream().allMatch(Adaptation::isMergeable);
    }

    @Override
    public boolean readsWholeSequence() {
        return parts.stream().anyMatch(Adaptation::readsWholeSequence);
    }

    private <T> List<T> each(Function<Adaptation, T> f) {
        return parts.stream().map(f).toList();
    }

    /** Returns Σ wᵢ·xᵢ; equal tensors are their own mean. */
    private Tensor mean(List<Tensor> tensors) {
        if (tensors.stream().distinct().count() == 1) {
            return tensors.get(0);
        }
        Tensor sum = tensors.get(0).scale(weights.get(0));
        for (int i = 1; i < tensors.size(); i++) {
            sum = sum.add(tensors.get(i).scale(weights.get(i)));
        }
        return sum;
    }
}
