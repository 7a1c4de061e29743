package io.peft4j.lora;

import io.peft4j.model.Initializer;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Starts A and B in two halves of r dimensions that are orthogonal to each other, so that B·A = 0 though neither is zero.
 *
 * <pre>
 * A = (X·Q₁)ᵀ/10, B = Yᵀ·Q₂/10      X: [in, r/2], Y: [r/2, out] normal, Q₁, Q₂: every other row of an orthogonal [r, r]
 * </pre>
 */
final class OrthogonalStart {

    private static final double SHRINK = 0.1;

    private OrthogonalStart() {}

    static Initializer a(int rank) {
        return (target, random, base) -> HostMatrices.write(
                target, mix(target.getShape().get(1), random, rank, 1).transpose());
    }

    static Initializer b(int rank) {
        return (target, random, base) ->
                HostMatrices.write(target, mix(target.getShape().get(0), random, rank, 0));
    }

    /** Returns normal rows [n, r/2] times half of the rotation: [n, r]. */
    private static INDArray mix(long n, Random random, int rank, int parity) {
        // One rotation for both factors: it follows from the rank alone.
        INDArray rotation =
                Decompositions.qr(normal(rank, rank, new Random(rank))).q();
        INDArray half = Nd4j.create(DataType.DOUBLE, rank / 2, rank);
        for (int i = 0; i < rank / 2; i++) {
            half.putRow(i, rotation.getRow(2L * i + parity));
        }
        return normal(Math.toIntExact(n), rank / 2, random).mmul(half).mul(SHRINK);
    }

    private static INDArray normal(int rows, int columns, Random random) {
        double[] values = new double[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextGaussian();
        }
        return HostMatrices.of(values, rows, columns);
    }
}
