package io.peft4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {

    private static final long SIZE = 16L << 20;

    @Test
    void allocatedBytes_arrayLeftOpen_countsUntilItIsClosed() {
        assumeThat(NativeMemory.allocatedBytes()).isPositive();
        try (NDManager manager = NDManager.newBaseManager()) {
            long before = NativeMemory.allocatedBytes();
            try (NDManager scratch = manager.newSubManager()) {
                scratch.zeros(new Shape(SIZE / Float.BYTES));
                assertThat(NativeMemory.allocatedBytes() - before).isGreaterThan(SIZE * 3 / 4);
            }
            assertThat(NativeMemory.allocatedBytes() - before).isLessThan(SIZE / 4);
        }
    }
}
