package io.peft4j.prompt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.program.NativeTensors;
import java.util.function.IntSupplier;

/** Rows of a table of the base model. */
final class TableRows {

    private TableRows() {}

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
