package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompiledProgramTest {

    @Test
    void of_equalPrograms_areOne() {
        CompiledProgram first = CompiledProgram.of(scaling(7001), Kernels.DEFAULT);

        assertThat(CompiledProgram.of(scaling(7001), Kernels.DEFAULT)).isSameAs(first);
    }

    @Test
    void of_programsThatNobodyHolds_areFreedAndCompiledAgain() throws InterruptedException {
        CompiledProgram held = CompiledProgram.of(scaling(8001), Kernels.DEFAULT);
        int before = CompiledProgram.living();
        int limit = before + CompiledProgram.RECENT_LIMIT;
        for (int i = 0; i < 50 + CompiledProgram.RECENT_LIMIT; i++) {
            assertThat(run(CompiledProgram.of(scaling(9000 + i), Kernels.DEFAULT)))
                    .isEqualTo(9000 + i);
        }

        for (int i = 0; i < 100 && CompiledProgram.living() > limit; i++) {
            System.gc();
            Thread.sleep(20);
        }

        assertThat(CompiledProgram.living()).isLessThanOrEqualTo(limit);
        assertThat(run(held)).isEqualTo(8001);
        assertThat(run(CompiledProgram.of(scaling(9000), Kernels.DEFAULT))).isEqualTo(9000);
    }

    @Test
    void of_severalThreadsAndCollections_runWhatTheyAskedFor() {
        List<Integer> wrong = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int first = t;
            threads.add(new Thread(() -> {
                for (int i = 0; i < 100; i++) {
                    int factor = 1 + (first + i) % 10;
                    if (run(CompiledProgram.of(scaling(factor), Kernels.DEFAULT)) != factor) {
                        synchronized (wrong) {
                            wrong.add(factor);
                        }
                    }
                    if (i % 20 == 0) {
                        System.gc();
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        threads.forEach(CompiledProgramTest::join);

        assertThat(wrong).isEmpty();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Program scaling(double factor) {
        Recording recording = new Recording();
        return recording.program(
                List.of(recording.input("x", TensorType.of(DType.FLOAT32, 2)).scale(factor)));
    }

    private static float run(CompiledProgram program) {
        try (NDManager manager = NativeTensors.processManager().newSubManager()) {
            List<NDArray> results = program.run(
                    manager,
                    List.of(NativeTensors.normal(manager, DType.FLOAT32, 1, 0, 2)
                            .add(1)));
            return results.get(0).toFloatArray()[0];
        }
    }
}
