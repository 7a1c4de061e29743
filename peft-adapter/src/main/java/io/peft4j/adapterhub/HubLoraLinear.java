package io.peft4j.adapterhub;

import io.peft4j.adapterhub.HubLoraConfig.Mode;
import io.peft4j.bottleneck.Gates;
import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * One linear of {@link HubLoraConfig}: y + s·B·A·x, or y·B. With a gate g, one number per text, y + g·B·A·x or y·g·B.
 *
 * <p>Where query, key and value are one linear, its output has three parts, of which some are adapted: A is [r·n, in] and B
 * [out/3·n, r] for n of them, each with factors of its own.
 *
 * @param config the settings
 * @param adapted which parts of the output are adapted; a single true for an ordinary linear
 */
record HubLoraLinear(HubLoraConfig config, List<Boolean> adapted) {

    HubLoraLinear {
        adapted = List.copyOf(adapted);
    }

    Tensor apply(LinearSite site, Tensor x, Tensor y) {
        int last = y.type().rank() - 1;
        long width = site.out() / adapted.size();
        Tensor input = site.isTraining() ? x.dropout(config.dropout(), site.seed()) : x;
        Tensor gates = config.gating() ? gates(site, x) : null;
        Tensor result = null;
        int k = 0;
        for (int i = 0; i < adapted.size(); i++) {
            Tensor part = y.slice(last, Dim.of(i * width), Dim.of((i + 1) * width));
            if (adapted.get(i)) {
                Tensor gate = gates == null ? null : gates.slice(2, Dim.of(k), Dim.of(k + 1));
                part = config.mode() == Mode.ADD
                        ? part.add(weigh(input.linear(a(site, k)).linear(b(site, k, width)), gate))
                        : part.multiply(weigh(b(site, k, width).reshape(Dim.of(width)), gate));
                k++;
            }
            result = result == null ? part : result.concat(last, part);
        }
        return java.util.Objects.requireNonNull(result);
    }

    /** Returns W + s·B·A, or the rows of W and b times B. */
    LinearWeights merge(LinearSite site, LinearWeights weights) {
        long width = site.out() / adapted.size();
        Tensor weight = null;
        Tensor bias = null;
        int k = 0;
        for (int i = 0; i < adapted.size(); i++) {
            Dim from = Dim.of(i * width);
            Dim to = Dim.of((i + 1) * width);
            Tensor w = weights.weight().slice(0, from, to);
            Tensor b = weights.bias() == null ? null : weights.bias().slice(0, from, to);
            if (adapted.get(i) && config.mode() == Mode.ADD) {
                w = w.add(b(site, k, width).matMul(a(site, k)).scale(scaling()));
            } else if (adapted.get(i)) {
                Tensor scale = b(site, k, width).scale(scaling());
                w = w.multiply(scale);
                b = b == null ? null : b.multiply(scale.reshape(Dim.of(width)));
            }
            k += adapted.get(i) ? 1 : 0;
            weight = weight == null ? w : weight.concat(0, w);
            bias = bias == null ? b : b == null ? bias : bias.concat(0, b);
        }
        return new LinearWeights(java.util.Objects.requireNonNull(weight), bias);
    }

    private double scaling() {
        return config.mode() == Mode.ADD ? config.alpha() / config.rank() : config.alpha();
    }

    private Tensor weigh(Tensor update, @org.jspecify.annotations.Nullable Tensor gate) {
        return gate == null ? update.scale(scaling()) : update.multiply(gate);
    }

    /** Returns the factor A [r, in] of the k-th adapted part. */
    private Tensor a(LinearSite site, int k) {
        long r = config.rank();
        Initializer init =
                switch (config.init()) {
                    case LORA -> Initializer.kaimingUniform();
                    case BERT -> Initializer.normal(0.02);
                    case IA3 -> Initializer.constant(1);
                };
        Tensor all = site.parameter("loras.lora_A", init, r * parts(), site.in());
        return all.slice(0, Dim.of(k * r), Dim.of((k + 1) * r));
    }

    /** Returns the factor B [out, r] of the k-th adapted part. */
    private Tensor b(LinearSite site, int k, long width) {
        Initializer init =
                switch (config.init()) {
                    case LORA -> Initializer.zeros();
                    case BERT -> Initializer.normal(0.02);
                    case IA3 -> Initializer.constant(1);
                };
        Tensor all = site.parameter("loras.lora_B", init, width * parts(), config.rank());
        return all.slice(0, Dim.of(k * width), Dim.of((k + 1) * width));
    }

    private Tensor gates(LinearSite site, Tensor x) {
        Tensor weight = site.parameter("loras.gate.weight", Initializer.normal(0.02), parts(), site.in());
        Tensor bias =
                site.parameter("loras.gate.bias", Initializer.uniform(1 / Math.sqrt((double) site.in())), parts());
        return Gates.of(x, weight, bias);
    }

    private long parts() {
        return adapted.stream().filter(part -> part).count();
    }
}
