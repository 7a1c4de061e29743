package io.peft4j.lora;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Singular values by Hestenes's one-sided Jacobi method: pairs of columns are rotated until all are orthogonal.
 *
 * <pre>
 * M = Q·R,  Rᵀ·W = U·diag(S),  M = (Q·W)·diag(S)·Uᵀ
 * </pre>
 *
 * <p>It needs nothing but products and is for where LAPACK is wrong. Rᵀ is nearer to orthogonal than M is.
 */
final class JacobiSvd {

    private static final double ORTHOGONAL = 1e-14;
    private static final int MOST_SWEEPS = 60;

    /** Columns of Rᵀ that become U·diag(S), and those of W. */
    private final double[][] a;

    private final double[][] w;

    private JacobiSvd(double[][] rowsOfR) {
        this.a = rowsOfR;
        this.w = new double[a.length][a.length];
        for (int i = 0; i < a.length; i++) {
            w[i][i] = 1;
        }
    }

    /** Decomposes a square matrix. */
    static Decompositions.Svd of(INDArray matrix) {
        Decompositions.Qr qr = Decompositions.qr(matrix);
        JacobiSvd jacobi = new JacobiSvd(qr.r().dup('c').toDoubleMatrix());
        int sweep = 0;
        while (jacobi.sweep() && sweep < MOST_SWEEPS) {
            sweep++;
        }
        return jacobi.result(qr.q());
    }

    /** Rotates every pair of columns once, and returns whether any needed it. */
    private boolean sweep() {
        boolean rotated = false;
        for (int p = 0; p < a.length; p++) {
            for (int q = p + 1; q < a.length; q++) {
                double alpha = Decompositions.dot(a[p], a[p]);
                double beta = Decompositions.dot(a[q], a[q]);
                double gamma = Decompositions.dot(a[p], a[q]);
                if (Math.abs(gamma) > ORTHOGONAL * Math.sqrt(alpha) * Math.sqrt(beta)) {
                    double zeta = (beta - alpha) / (2 * gamma);
                    double t = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
                    double c = 1 / Math.hypot(1, t);
                    rotate(a[p], a[q], c, c * t);
                    rotate(w[p], w[q], c, c * t);
                    rotated = true;
                }
            }
        }
        return rotated;
    }

    private static void rotate(double[] x, double[] y, double c, double s) {
        for (int i = 0; i < x.length; i++) {
            double left = x[i];
            x[i] = c * left - s * y[i];
            y[i] = s * left + c * y[i];
        }
    }

    private Decompositions.Svd result(INDArray q) {
        double[] lengths = Arrays.stream(a).mapToDouble(Decompositions::norm).toArray();
        int[] order = IntStream.range(0, a.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -lengths[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] s = new double[a.length];
        double[][] u = new double[a.length][];
        double[][] left = new double[a.length][];
        for (int i = 0; i < order.length; i++) {
            s[i] = lengths[order[i]];
            u[i] = a[order[i]];
            left[i] = w[order[i]];
        }
        // The columns are orthogonal, so their orthogonal factor is they themselves at length 1, and completes those of
        // length 0.
        INDArray right = Decompositions.qr(Nd4j.createFromArray(u).transpose()).q();
        return new Decompositions.Svd(
                q.mmul(Nd4j.createFromArray(left).transpose()), Nd4j.createFromArray(s), right.transpose());
    }
}
