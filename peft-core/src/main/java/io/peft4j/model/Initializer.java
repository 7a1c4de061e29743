package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import io.peft4j.program.NativeTensors;
import java.util.Random;

/** How a parameter starts: fills its FLOAT32 memory. */
@FunctionalInterface
public interface Initializer {

    /**
     * Writes the starting values.
     *
     * @param target FLOAT32 memory of the parameter's shape
     * @param random a generator of this parameter's own, so that values do not depend on the order of parameters
     * @param base the weights of the base model
     */
    void initialize(NDArray target, Random random, Weights base);

    /** Returns the initialiser that writes one value everywhere. */
    static Initializer constant(double value) {
        return (target, random, base) -> NativeTensors.fill(target, value);
    }

    /** Returns the initialiser that writes zeros. */
    static Initializer zeros() {
        return constant(0);
    }

    /** Returns the initialiser that draws from N(0, deviation²). */
    static Initializer normal(double deviation) {
        return (target, random, base) -> fill(target, () -> (float) (random.nextGaussian() * deviation));
    }

    /** Returns the initialiser that draws from U(−bound, bound). */
    static Initializer uniform(double bound) {
        return (target, random, base) -> fill(target, () -> (float) ((2 * random.nextDouble() - 1) * bound));
    }

    /**
     * Returns PyTorch's default for linear layers, Kaiming uniform with a = √5: U(−1/√in, 1/√in) for [out, in].
     *
     * <p>He et al. 2015; the choice of a is that of {@code torch.nn.Linear}.
     */
    static Initializer kaimingUniform() {
        return (target, random, base) ->
                uniform(1 / Math.sqrt((double) target.getShape().get(1))).initialize(target, random, base);
    }

    /** Returns the initialiser that copies a weight of the base model. */
    static Initializer copyOf(String weight) {
        return (target, random, base) -> NativeTensors.copy(target, base.get(weight));
    }

    private static void fill(NDArray target, java.util.function.DoubleSupplier next) {
        float[] values = new float[Math.toIntExact(target.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) next.getAsDouble();
        }
        NDArray source = target.getManager().create(values, target.getShape());
        NativeTensors.copy(target, source);
        source.close();
    }
}
