package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.Initializer;
import io.peft4j.program.NativeTensors;
import java.util.function.DoubleUnaryOperator;

/** Initialisers from the lengths of the rows or columns of a weight of the base model, summed in double precision. */
final class WeightNorms {

    private WeightNorms() {}

    /** Returns f(‖row‖²) for each row of a weight [out, in]. */
    static Initializer ofRows(String weight, DoubleUnaryOperator f) {
        return (target, random, base) -> fill(target, squares(base.get(weight), true), f);
    }

    /** Returns f(‖column‖²) for each column of a table [V, D]. */
    static Initializer ofColumns(String table, DoubleUnaryOperator f) {
        return (target, random, base) -> fill(target, squares(base.get(table), false), f);
    }

    private static double[] squares(NDArray matrix, boolean byRow) {
        float[] values = NativeTensors.toFloats(matrix);
        int columns = Math.toIntExact(matrix.getShape().get(1));
        double[] sums = new double[byRow ? values.length / columns : columns];
        for (int i = 0; i < values.length; i++) {
            sums[byRow ? i / columns : i % columns] += (double) values[i] * values[i];
        }
        return sums;
    }

    private static void fill(NDArray target, double[] squares, DoubleUnaryOperator f) {
        float[] values = new float[squares.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) f.applyAsDouble(squares[i]);
        }
        try (NDArray source = target.getManager().create(values)) {
            NativeTensors.copy(target, source);
        }
    }
}
