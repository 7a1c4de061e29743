package io.peft4j.prompt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.program.NativeTensors;
import java.util.Random;
import java.util.function.IntSupplier;

/** Rows of a table of the base model. */
final class TableRows {

    private TableRows() {}

    /** Rows that are looked at together, so that memory does not grow with the table. */
    private static final long CHUNK = 1024;

    /** Returns the mean of the Euclidean norms of the rows of {@code table} [V, D], in double precision. */
    static double meanNorm(NDArray table) {
        long rows = table.getShape().get(0);
        long width = table.getShape().get(1);
        double sum = 0;
        try (NDManager scratch = table.getManager().newSubManager()) {
            for (long row = 0; row < rows; row += CHUNK) {
                long count = Math.min(CHUNK, rows - row);
                float[] values = NativeTensors.toFloats(NativeTensors.view(scratch, table, row * width, count, width));
                for (int start = 0; start < values.length; start += (int) width) {
                    sum += norm(values, start, (int) width);
                }
            }
        }
        return sum / rows;
    }

    /** Overwrites each row of {@code target} [P, D] with one of a length in a random direction. */
    static void directions(NDArray target, Random random, double length) {
        int width = Math.toIntExact(target.getShape().get(1));
        float[] values = new float[Math.toIntExact(target.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        for (int start = 0; start < values.length; start += width) {
            double factor = length / norm(values, start, width);
            for (int i = start; i < start + width; i++) {
                values[i] = (float) (values[i] * factor);
            }
        }
        try (NDArray source = target.getManager().create(values, target.getShape())) {
            NativeTensors.copy(target, source);
        }
    }

    private static double norm(float[] values, int start, int width) {
        double sum = 0;
        for (int i = start; i < start + width; i++) {
            sum += (double) values[i] * values[i];
        }
        return Math.sqrt(sum);
    }

    /** Overwrites each row of {@code target} [P, D] with the row of {@code table} [V, D] that {@code next} names. */
    static void copy(NDArray target, NDArray table, IntSupplier next) {
        long width = target.getShape().get(1);
        try (NDManager scratch = target.getManager().newSubManager()) {
            for (long row = 0; row < target.getShape().get(0); row++) {
                NDArray from = NativeTensors.view(scratch, table, next.getAsInt() * width, width);
                NativeTensors.copy(NativeTensors.view(scratch, target, row * width, width), from);
            }
        }
    }
}
