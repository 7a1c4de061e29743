package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.Initializer;
import io.peft4j.model.Site;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.Tensor;

/**
 * The random factors that all layers of a VeRA share, drawn as PyTorch draws them, bit for bit: A, then B, both Kaiming
 * uniform for a ReLU, from one generator.
 *
 * @param rank r
 * @param in the largest number of inputs
 * @param out the largest number of outputs
 * @param key the generator's seed
 * @param saved whether files hold the factors
 */
record VeraProjection(int rank, long in, long out, long key, boolean saved) {

    static final String A = "vera_A";
    static final String B = "vera_B";

    /** Returns A [r, in]. */
    Tensor a(Site site) {
        return shared(site, A, draw(0), rank, in);
    }

    /** Returns B [out, r]. */
    Tensor b(Site site) {
        return shared(site, B, draw(rank * in), out, rank);
    }

    private Tensor shared(Site site, String name, Initializer initializer, long... shape) {
        return saved
                ? site.shared(name, initializer, false, shape)
                : site.sharedDerived(name, initializer, shape).cast(site.dtype());
    }

    /** Returns the initialiser that draws from U(−√6/√fan, √6/√fan) after {@code skipped} numbers. */
    private Initializer draw(long skipped) {
        return (target, random, base) -> {
            MersenneTwister generator = new MersenneTwister(key);
            generator.skip(skipped);
            double deviation =
                    Math.sqrt(2) / Math.sqrt((double) target.getShape().get(1));
            float bound = (float) (Math.sqrt(3) * deviation);
            float[] values = new float[Math.toIntExact(target.size())];
            for (int i = 0; i < values.length; i++) {
                values[i] = generator.uniform(-bound, bound);
            }
            try (NDArray source = target.getManager().create(values, target.getShape())) {
                NativeTensors.copy(target, source);
            }
        };
    }
}
