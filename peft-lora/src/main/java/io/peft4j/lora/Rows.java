package io.peft4j.lora;

import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/** Sums and factors of the rows of a matrix. */
final class Rows {

    private Rows() {}

    /** Returns the inner product of each row of a with the same row of b: twice [n, k] gives [n]. */
    static Tensor dot(Tensor a, Tensor b) {
        return sum(a.multiply(b));
    }

    /** Returns the sum of each row: [n, k] gives [n]. */
    static Tensor sum(Tensor matrix) {
        return matrix.sumTo(List.of(matrix.dim(0), Dim.of(1))).reshape(matrix.dim(0));
    }

    /** Returns the matrix whose row i is factor i times row i: [n, k] and [n] give [n, k]. */
    static Tensor scale(Tensor matrix, Tensor factors) {
        return matrix.multiply(factors.reshape(factors.dim(0), Dim.of(1)));
    }
}
