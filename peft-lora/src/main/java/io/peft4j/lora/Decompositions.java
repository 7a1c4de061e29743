package io.peft4j.lora;

import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Decompositions of matrices on the host, in double precision. */
final class Decompositions {

    /** What a random direction must have left of its length, or rounding would be most of it. */
    private static final double SMALLEST = 1e-3;

    /** How far a decomposition may be from its matrix, relative to that. */
    private static final double RIGHT = 1e-11;

    static {
        OpenBlas.load();
    }

    private Decompositions() {}

    /**
     * Singular values, largest first, with their vectors: M = U·diag(S)·Vᵀ.
     *
     * @param u [n, k]
     * @param s [k]
     * @param vt [k, m]
     */
    record Svd(INDArray u, INDArray s, INDArray vt) {

        double[] values() {
            return s.toDoubleVector();
        }

        /** Returns the part that the largest values make. */
        Svd truncated(int rank) {
            int kept = Math.min(rank, values().length);
            return new Svd(
                    columns(u, kept), s.get(NDArrayIndex.interval(0, kept)).dup(), rows(vt, kept));
        }

        /** Returns U·diag(S). */
        INDArray scaledU() {
            return u.mulRowVector(s);
        }

        /** Returns √Σ s² over the values from one on: how far the truncated matrix is from the whole one. */
        double tail(int rank) {
            double squares = 0;
            double[] values = values();
            for (int i = rank; i < values.length; i++) {
                squares += values[i] * values[i];
            }
            return Math.sqrt(squares);
        }
    }

    /** An orthogonal factor [n, k] and a triangular one [k, m] with k = min(n, m): M = Q·R. */
    record Qr(INDArray q, INDArray r) {}

    /** Decomposes a matrix [n, m]. */
    static Svd svd(INDArray matrix) {
        int n = matrix.rows();
        int m = matrix.columns();
        if (n < m) {
            Svd transposed = svd(matrix.transpose());
            return new Svd(
                    transposed.vt().transpose(), transposed.s(), transposed.u().transpose());
        }
        if (n > m) {
            Qr qr = qr(matrix);
            Svd inner = svd(qr.r());
            return new Svd(qr.q().mmul(inner.u()), inner.s(), inner.vt());
        }
        INDArray s = Nd4j.create(DataType.DOUBLE, n);
        INDArray u = Nd4j.create(DataType.DOUBLE, new long[] {n, n}, 'f');
        INDArray vt = Nd4j.create(DataType.DOUBLE, new long[] {n, n}, 'f');
        Nd4j.getBlasWrapper().lapack().gesvd(matrix.dup('f'), s, u, vt);
        Svd svd = new Svd(u, s, vt);
        // Where OpenBLAS was loaded before its kernels could be chosen, its vectors may be wrong.
        double off = svd.scaledU().mmul(vt).sub(matrix).norm2Number().doubleValue();
        return off <= RIGHT * matrix.norm2Number().doubleValue() ? svd : JacobiSvd.of(matrix);
    }

    /** Decomposes a product b·a, [n, r] and [r, m], through its thin factors: no matrix [n, m] is formed. */
    static Svd svdOfProduct(INDArray b, INDArray a) {
        Qr left = qr(b);
        Qr right = qr(a.transpose());
        Svd inner = svd(left.r().mmul(right.r().transpose()));
        return new Svd(
                left.q().mmul(inner.u()), inner.s(), inner.vt().mmul(right.q().transpose()));
    }

    /**
     * Finds the largest singular values of a matrix by projecting on random directions: Halko et al. 2011.
     *
     * @param iterations how often the directions are sent through M·Mᵀ; 2 to 4 are usual
     */
    static Svd randomizedSvd(INDArray matrix, int rank, int iterations, Random random) {
        int width = Math.min(rank + 8, Math.min(matrix.rows(), matrix.columns()));
        INDArray directions = Nd4j.create(DataType.DOUBLE, matrix.columns(), width);
        for (int i = 0; i < directions.rows(); i++) {
            for (int j = 0; j < width; j++) {
                directions.putScalar(i, j, random.nextGaussian());
            }
        }
        INDArray q = qr(matrix.mmul(directions)).q();
        for (int i = 0; i < iterations; i++) {
            q = qr(matrix.mmul(qr(matrix.transpose().mmul(q)).q())).q();
        }
        Svd inner = svd(q.transpose().mmul(matrix));
        return new Svd(q.mmul(inner.u()), inner.s(), inner.vt()).truncated(rank);
    }

    /** Decomposes a matrix by Gram and Schmidt's method, twice for each column, which keeps it orthogonal to the last bits. */
    static Qr qr(INDArray matrix) {
        int n = matrix.rows();
        int k = Math.min(n, matrix.columns());
        double[][] columns = columns(matrix);
        double[][] q = new double[k][];
        int found = 0;
        Random random = new Random(0);
        for (int j = 0; j < columns.length && found < k; j++) {
            double[] column = columns[j].clone();
            double before = norm(column);
            project(column, q, found);
            double length = norm(column);
            if (length <= 1e-14 * before || length == 0) {
                // The column depends on those before it: any direction that is left serves.
                column = orthogonalTo(q, found, n, random);
                length = norm(column);
            }
            scale(column, 1 / length);
            q[found++] = column;
        }
        INDArray factor = Nd4j.createFromArray(q).transpose().dup();
        return new Qr(factor, factor.transpose().mmul(matrix));
    }

    /** Returns a random direction without what lies along those found: of n > found directions hardly one has little left. */
    private static double[] orthogonalTo(double[][] q, int found, int n, Random random) {
        double[] candidate = new double[n];
        double before = 1;
        while (norm(candidate) <= SMALLEST * before) {
            candidate = random.doubles(n, -1, 1).toArray();
            before = norm(candidate);
            project(candidate, q, found);
        }
        return candidate;
    }

    /** Takes away what lies along orthogonal directions, twice, since the first time leaves rounding. */
    private static void project(double[] column, double[][] q, int found) {
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < found; i++) {
                subtract(column, q[i], dot(column, q[i]));
            }
        }
    }

    private static double[][] columns(INDArray matrix) {
        return matrix.transpose().dup().toDoubleMatrix();
    }

    private static INDArray columns(INDArray matrix, int count) {
        return matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(0, count)).dup();
    }

    private static INDArray rows(INDArray matrix, int count) {
        return matrix.get(NDArrayIndex.interval(0, count), NDArrayIndex.all()).dup();
    }

    static double dot(double[] a, double[] b) {
        // Four sums, since one has to wait for itself.
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < a.length; i += 4) {
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
        }
        for (; i < a.length; i++) {
            s0 += a[i] * b[i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }

    private static void subtract(double[] a, double[] b, double factor) {
        for (int i = 0; i < a.length; i++) {
            a[i] -= factor * b[i];
        }
    }

    private static void scale(double[] a, double factor) {
        for (int i = 0; i < a.length; i++) {
            a[i] *= factor;
        }
    }
}
