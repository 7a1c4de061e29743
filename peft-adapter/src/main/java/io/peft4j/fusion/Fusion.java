package io.peft4j.fusion;

import io.peft4j.bottleneck.ParameterNames;
import io.peft4j.model.Adaptation;
import io.peft4j.model.Initializer;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention of a sub-layer over the outputs u₁ … uₙ of adapters, token by token:
 *
 * <pre>
 * sᵢ = (Q·q + b)·(K·uᵢ + c)      p = softmax(s)      V·Σ pᵢ·uᵢ + residual
 * </pre>
 *
 * <ul>
 *   <li>q, uᵢ: [B, T, D]; q is what the adapters read
 *   <li>Q, K, V: [D, D]; without a projection it is the identity
 * </ul>
 *
 * <p>Since K and V are linear, (Q·q + b)·K·uᵢ is one product with K for all adapters, and so is V with the sum: three
 * products however many adapters there are.
 *
 * @param config the settings
 */
record Fusion(FusionConfig config) implements Adaptation {

    @Override
    public boolean combines() {
        return true;
    }

    @Override
    public void checkCombined(List<String> adapters) {
        if (!adapters.equals(config.adapters())) {
            throw new IllegalArgumentException("the fusion is of the adapters %s in this order, and is given %s"
                    .formatted(config.adapters(), adapters));
        }
    }

    @Override
    public boolean isMergeable() {
        return false;
    }

    /** Alone it does nothing; it is recorded alone once, to declare its parameters. */
    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        if (config.placement().has(site)) {
            combine(site, List.of(new SublayerUpdate(x, f, f, false)));
        }
        return null;
    }

    @Override
    public SublayerUpdate combine(SublayerSite site, List<SublayerUpdate> updates) {
        SublayerUpdate last = updates.get(updates.size() - 1);
        Tensor residual = last.residual() == null ? last.update().zeros() : last.residual();
        List<Tensor> values = updates.stream()
                .map(update -> config.residualBefore() ? update.update().add(residual) : update.update())
                .toList();
        Tensor shares = shares(site, last.query(), values); // [B, T, n]
        Tensor sum = null;
        for (int i = 0; i < values.size(); i++) {
            Tensor term = values.get(i).multiply(shares.slice(2, Dim.of(i), Dim.of(i + 1)));
            sum = sum == null ? term : sum.add(term);
        }
        Tensor value = java.util.Objects.requireNonNull(sum);
        Tensor fused = config.projections().value() ? value.linear(weight(site, "value", value)) : value;
        return new SublayerUpdate(last.query(), config.residualBefore() ? null : residual, fused, last.isStream());
    }

    private Tensor shares(SublayerSite site, Tensor query, List<Tensor> values) {
        Tensor q = config.projections().query()
                ? query.linear(weight(site, "query", query), bias(site, "query", query))
                : query;
        boolean projectsKeys = config.projections().key();
        Tensor k = projectsKeys ? q.linear(weight(site, "key", q).permute(1, 0)) : q;
        Tensor constant = projectsKeys ? sum(q.multiply(bias(site, "key", q))) : null;
        Tensor scores = null;
        for (Tensor value : values) {
            Tensor product = sum(k.multiply(value)); // [B, T, 1]
            Tensor score = constant == null ? product : product.add(constant);
            scores = scores == null ? score : scores.concat(2, score);
        }
        Tensor all = java.util.Objects.requireNonNull(scores);
        return (site.isTraining() ? all.dropout(config.dropout(), site.seed()) : all).softmax();
    }

    private Tensor weight(SublayerSite site, String name, Tensor x) {
        long width = x.dim(-1).constant();
        boolean identity = name.equals("value") && config.projections().valueInitialized();
        Initializer init = identity ? FusionMethod::nearIdentity : Initializer.normal(0.02);
        return site.parameter(name(name + ".weight", site), init, width, width);
    }

    private Tensor bias(SublayerSite site, String name, Tensor x) {
        return site.parameter(
                name(name + ".bias", site), Initializer.zeros(), x.dim(-1).constant());
    }

    private String name(String name, SublayerSite site) {
        return ParameterNames.ofFusion(site) + String.join(",", config.adapters()) + "." + name;
    }

    private static Tensor sum(Tensor x) {
        return x.sumTo(List.of(x.dim(0), x.dim(1), Dim.of(1)));
    }
}
