package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class DecompositionsTest {

    @Property(tries = 30)
    void svd_anyMatrix_multipliesBackAndIsOrdered(
            @ForAll @IntRange(min = 1, max = 12) int rows, @ForAll @IntRange(min = 1, max = 12) int columns) {
        INDArray matrix = random(rows, columns, rows * 31L + columns);
        Decompositions.Svd svd = Decompositions.svd(matrix);
        assertThat(distance(svd.scaledU().mmul(svd.vt()), matrix)).isLessThan(1e-12);
        for (int i = 1; i < svd.values().length; i++) {
            assertThat(svd.values()[i]).isLessThanOrEqualTo(svd.values()[i - 1]);
        }
        INDArray gram = svd.vt().mmul(svd.vt().transpose());
        assertThat(distance(gram, Nd4j.eye(svd.values().length).castTo(DataType.DOUBLE)))
                .isLessThan(1e-12);
    }

    @Property(tries = 30)
    void qr_anyMatrix_multipliesBackWithAnOrthogonalFactor(
            @ForAll @IntRange(min = 1, max = 12) int rows, @ForAll @IntRange(min = 1, max = 12) int columns) {
        INDArray matrix = random(rows, columns, rows * 17L + columns);
        Decompositions.Qr qr = Decompositions.qr(matrix);
        assertThat(distance(qr.q().mmul(qr.r()), matrix)).isLessThan(1e-12);
        INDArray gram = qr.q().transpose().mmul(qr.q());
        assertThat(distance(gram, Nd4j.eye(gram.rows()).castTo(DataType.DOUBLE)))
                .isLessThan(1e-12);
    }

    @Test
    void qr_dependentColumns_staysOrthogonal() {
        INDArray column = random(6, 1, 3);
        INDArray matrix = Nd4j.hstack(column, column.mul(2), column.mul(0));
        Decompositions.Qr qr = Decompositions.qr(matrix);
        assertThat(distance(qr.q().mmul(qr.r()), matrix)).isLessThan(1e-12);
        assertThat(distance(qr.q().transpose().mmul(qr.q()), Nd4j.eye(3).castTo(DataType.DOUBLE)))
                .isLessThan(1e-12);
    }

    /** As large as a layer: LAPACK of ND4J is wrong here on some processors. */
    @Test
    void svd_largeMatrixOfFullRank_multipliesBackWithOrthogonalVectors() {
        assertDecomposes(random(300, 300, 9), Decompositions.svd(random(300, 300, 9)));
        assertDecomposes(random(250, 400, 9), Decompositions.svd(random(250, 400, 9)));
    }

    @Property(tries = 30)
    void jacobi_anySquareMatrix_multipliesBackWithOrthogonalVectors(
            @ForAll @IntRange(min = 1, max = 12) int size, @ForAll @IntRange(min = 1, max = 12) int rank) {
        INDArray matrix = random(size, rank, 3).mmul(random(rank, size, 4));
        assertDecomposes(matrix, JacobiSvd.of(matrix));
        INDArray nothing = Nd4j.zeros(DataType.DOUBLE, size, size);
        assertDecomposes(nothing, JacobiSvd.of(nothing));
    }

    private static void assertDecomposes(INDArray matrix, Decompositions.Svd svd) {
        int k = Math.min(matrix.rows(), matrix.columns());
        assertThat(distance(svd.scaledU().mmul(svd.vt()), matrix)).isLessThan(1e-10);
        assertThat(distance(svd.u().transpose().mmul(svd.u()), Nd4j.eye(k).castTo(DataType.DOUBLE)))
                .isLessThan(1e-10);
        assertThat(distance(svd.vt().mmul(svd.vt().transpose()), Nd4j.eye(k).castTo(DataType.DOUBLE)))
                .isLessThan(1e-10);
        for (int i = 1; i < k; i++) {
            assertThat(svd.values()[i]).isLessThanOrEqualTo(svd.values()[i - 1]);
        }
    }

    @Test
    void svd_largeMatrixOfLowRank_multipliesBackWithOrthogonalVectors() {
        INDArray matrix = random(500, 4, 7).mmul(random(4, 120, 8));
        Decompositions.Svd svd = Decompositions.svd(matrix);
        assertThat(svd.values()).hasSize(120);
        assertThat(svd.tail(4)).isLessThan(1e-11);
        assertThat(distance(svd.scaledU().mmul(svd.vt()), matrix)).isLessThan(1e-11);
        assertThat(distance(svd.u().transpose().mmul(svd.u()), Nd4j.eye(120).castTo(DataType.DOUBLE)))
                .isLessThan(1e-11);
    }

    @Test
    void svdOfProduct_thinFactors_isThatOfTheirProduct() {
        INDArray b = random(20, 3, 1);
        INDArray a = random(3, 15, 2);
        double[] expected = Decompositions.svd(b.mmul(a)).values();
        Decompositions.Svd svd = Decompositions.svdOfProduct(b, a);
        assertThat(svd.values()).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(svd.values()[i]).isCloseTo(expected[i], within(1e-12));
        }
        assertThat(distance(svd.scaledU().mmul(svd.vt()), b.mmul(a))).isLessThan(1e-12);
    }

    @Test
    void randomizedSvd_lowRankMatrix_findsItExactly() {
        INDArray matrix = random(40, 4, 1).mmul(random(4, 30, 2));
        Decompositions.Svd svd = Decompositions.randomizedSvd(matrix, 4, 2, new Random(5));
        assertThat(distance(svd.scaledU().mmul(svd.vt()), matrix)).isLessThan(1e-10);
    }

    private static INDArray random(int rows, int columns, long seed) {
        double[] values = new Random(seed).doubles((long) rows * columns, -1, 1).toArray();
        return Nd4j.create(values, new long[] {rows, columns}, DataType.DOUBLE);
    }

    private static double distance(INDArray a, INDArray b) {
        return a.sub(b).norm2Number().doubleValue();
    }
}
