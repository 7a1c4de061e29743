package io.peft4j.bottleneck;

import io.peft4j.model.Initializer;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * A bottleneck beside one sub-layer: A(x) = s·up(φ(down(x))), where {@link BottleneckWiring} says what it reads and what
 * it is added to.
 *
 * <ul>
 *   <li>x: [B, T, D]
 *   <li>down: [d, D], up: [D, d], each with a bias; d is the size of the bottleneck
 * </ul>
 *
 * <p>Example: D = 768 and d = 48 train 2·768·48 + 48 + 768 = 74,544 numbers.
 *
 * @param wiring what it reads and what it is added to
 * @param shape what is inside
 * @param output what happens to its output
 * @param init how the projections start
 * @param root of the base model, where tensors are that bottlenecks share
 */
record Bottleneck(
        BottleneckWiring wiring, BottleneckShape shape, BottleneckOutput output, BottleneckInit init, String root) {

    private static final double EPSILON = 1e-5;

    /** Returns what is made of the sub-layer's output f. */
    SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        checkResidual(site);
        Tensor input = wiring.parallel() ? x : wiring.normBefore() ? site.join(x, f) : f;
        Tensor residual = wiring.parallel()
                ? f
                : switch (wiring.residual()) {
                    case BEFORE_NORM -> f;
                    case AFTER_NORM -> input;
                    case POST_ADD -> x.add(f);
                };
        Tensor update = update(site, input);
        boolean isStream = !wiring.normAfter();
        if (!shape.norms().after()) {
            return new SublayerUpdate(input, residual, update, isStream);
        }
        return shape.norms().residualInside() && !wiring.parallel()
                ? new SublayerUpdate(input, null, norm(site, "adapter_norm_after", residual.add(update)), isStream)
                : new SublayerUpdate(input, residual, norm(site, "adapter_norm_after", update), isStream);
    }

    /** Returns s·up(φ(down(x))), gated: [B, T, D] gives [B, T, D]. */
    private Tensor update(SublayerSite site, Tensor x) {
        Tensor normalized = shape.norms().before() ? norm(site, "adapter_norm_before", x) : x;
        long width = x.dim(-1).constant();
        long size = shape.reduction().sizeIn(site.layer(), width);
        String down = name(site, "adapter_down." + (shape.norms().before() ? 1 : 0));
        Tensor narrow = shape.nonLinearity().apply(project(site, normalized, down, "down", init.down(), size));
        Tensor up = project(site, narrow, name(site, "adapter_up"), "up", init.up(), width);
        Tensor scaled = scale(site, drop(site, up));
        Tensor kept = site.isTraining() ? scaled.dropout(output.dropout(), site.seed()) : scaled;
        return output.gating() ? kept.multiply(gate(site, x)) : kept;
    }

    private Tensor project(
            SublayerSite site, Tensor x, String name, String position, Initializer initializer, long out) {
        if (shape.phm().enabled()) {
            return new PhmLinear(shape.phm(), name, position, root).apply(site, x, out);
        }
        Tensor weight =
                site.parameter(name + ".weight", initializer, out, x.dim(-1).constant());
        return x.linear(weight, site.parameter(name + ".bias", Initializer.zeros(), out));
    }

    private Tensor scale(SublayerSite site, Tensor x) {
        Scaling scaling = output.scaling();
        Initializer one = Initializer.constant(1);
        return switch (scaling.kind()) {
            case FIXED -> x.scale(scaling.factor());
            case LEARNED -> x.multiply(site.parameter(name(site, "scaling"), one, 1));
            case CHANNEL ->
                x.multiply(site.parameter(name(site, "scaling"), one, x.dim(-1).constant()));
        };
    }

    /** Drops whole rows in training: Huang et al. 2016. */
    private Tensor drop(SublayerSite site, Tensor x) {
        if (!site.isTraining() || output.stochasticDepth() == 0 || wiring.parallel()) {
            return x;
        }
        Tensor ones = x.zeros(List.of(x.dim(0), Dim.of(1), Dim.of(1))).shift(1);
        return x.multiply(ones.dropout(output.stochasticDepth(), site.seed()));
    }

    /** Returns the mean over the tokens of σ(w·x + b): [B, 1, 1]. */
    private Tensor gate(SublayerSite site, Tensor x) {
        long width = x.dim(-1).constant();
        Tensor weight = site.parameter(name(site, "gate.weight"), Initializer.normal(0.02), 1, width);
        Tensor bias = site.parameter(name(site, "gate.bias"), Initializer.zeros(), 1);
        return Gates.of(x, weight, bias);
    }

    private static Tensor norm(SublayerSite site, String name, Tensor x) {
        long width = x.dim(-1).constant();
        return x.layerNorm(
                site.parameter(name(site, name + ".weight"), Initializer.constant(1), width),
                site.parameter(name(site, name + ".bias"), Initializer.zeros(), width),
                EPSILON);
    }

    private static String name(SublayerSite site, String name) {
        return ParameterNames.ofBottleneck(site) + name;
    }

    private void checkResidual(SublayerSite site) {
        if (wiring.residual() == BottleneckWiring.Residual.POST_ADD && !site.isPostNorm()) {
            throw new IllegalArgumentException(
                    "residual %s needs a model that normalises after the sum, and %s normalises before the sub-layer"
                            .formatted(wiring.residual(), site.path()));
        }
    }
}
