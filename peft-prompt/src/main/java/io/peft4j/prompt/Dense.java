package io.peft4j.prompt;

import io.peft4j.model.Initializer;
import io.peft4j.model.Site;
import io.peft4j.program.Tensor;

/** A trainable linear layer of an encoder, x·Wᵀ + b, that starts as PyTorch's. */
final class Dense {

    private Dense() {}

    /** Returns x·Wᵀ + b: [P, in] gives [P, out]. */
    static Tensor apply(Site site, String name, Tensor x, long out) {
        long in = x.dim(-1).constant();
        return x.linear(
                site.shared(name + ".weight", Initializer.kaimingUniform(), true, out, in),
                site.shared(name + ".bias", Initializer.uniform(1 / Math.sqrt((double) in)), true, out));
    }

    /** Returns x·Wᵀ + b with both starting as zeros. */
    static Tensor fromZero(Site site, String name, Tensor x, long out) {
        return x.linear(
                site.shared(
                        name + ".weight",
                        Initializer.zeros(),
                        true,
                        out,
                        x.dim(-1).constant()),
                site.shared(name + ".bias", Initializer.zeros(), true, out));
    }
}
