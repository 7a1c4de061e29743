package io.peft4j.bottleneck;

import io.peft4j.model.Initializer;
import io.peft4j.model.Site;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;

/**
 * An invertible function of the hidden state (NICE, Dinh et al. 2015), in halves x₁, x₂ of the features:
 *
 * <pre>
 * y₁ = x₁ + F(x₂)    y₂ = x₂ + G(y₁)
 * </pre>
 *
 * <p>F and G are bottlenecks of the half width. It comes after the embeddings (Pfeiffer et al. 2020). AdapterHub has its
 * inverse before the language-model heads of its own classes, but not before those of transformers, which are the ones here.
 *
 * @param reduction half width over bottleneck size
 * @param nonLinearity of F and G
 */
record Nice(double reduction, NonLinearity nonLinearity) {

    Tensor forward(Site site, Tensor x) {
        Tensor x1 = first(x);
        Tensor x2 = second(x);
        Tensor y1 = x1.add(function(site, "F", x2, half(x)));
        Tensor y2 = x2.add(function(site, "G", y1, x2.dim(-1).constant()));
        return y1.concat(x.type().rank() - 1, y2);
    }

    private Tensor function(Site site, String name, Tensor x, long out) {
        long in = x.dim(-1).constant();
        long size = ReductionFactor.floorDivision(in, reduction);
        Tensor narrow = linear(site, name + ".0", x, size);
        return linear(site, name + ".2", nonLinearity.apply(narrow), out);
    }

    private Tensor linear(Site site, String name, Tensor x, long out) {
        String full = ParameterNames.ofEmbeddings(site.path()) + "invertible_adapters." + name;
        Tensor weight = site.shared(
                full + ".weight", Initializer.normal(0.02), true, out, x.dim(-1).constant());
        return x.linear(weight, site.shared(full + ".bias", Initializer.zeros(), true, out));
    }

    private static Tensor first(Tensor x) {
        return x.slice(x.type().rank() - 1, Dim.of(0), Dim.of(half(x)));
    }

    private static Tensor second(Tensor x) {
        return x.slice(x.type().rank() - 1, Dim.of(half(x)), x.dim(-1));
    }

    private static long half(Tensor x) {
        return x.dim(-1).constant() / 2;
    }
}
