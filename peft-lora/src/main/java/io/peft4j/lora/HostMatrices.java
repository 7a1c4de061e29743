package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.program.NativeTensors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Moves matrices between the engine that computes with them and the host's linear algebra. */
final class HostMatrices {

    static {
        OpenBlas.load();
    }

    private HostMatrices() {}

    /** Returns a matrix of the engine in double precision. */
    static INDArray read(NDArray matrix) {
        float[] values = NativeTensors.toFloats(matrix);
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return of(wide, matrix.getShape().getShape());
    }

    /** Returns a matrix of numbers, row by row. */
    static INDArray of(double[] values, long... shape) {
        return Nd4j.create(values, shape, DataType.DOUBLE);
    }

    /** Overwrites FLOAT32 memory of the same shape. */
    static void write(NDArray target, INDArray matrix) {
        double[] wide = matrix.dup('c').data().asDouble();
        float[] values = new float[wide.length];
        for (int i = 0; i < wide.length; i++) {
            values[i] = (float) wide[i];
        }
        try (NDArray source = target.getManager().create(values, target.getShape())) {
            NativeTensors.copy(target, source);
        }
    }
}
