package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.program.CompiledChain.Link;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompiledChainTest {

    private static final Program TWICE = program(2);
    private static final Program THRICE = program(3);

    @Test
    void run_resultsOfEarlierCalls_arePassedOn() {
        // v7 = 2·v5, v9 = 3·v7, v1 = 2·v9
        CompiledChain chain = new CompiledChain(
                List.of(5),
                List.of(
                        new Link(TWICE, List.of(5), List.of(7)),
                        new Link(THRICE, List.of(7), List.of(9)),
                        new Link(TWICE, List.of(9), List.of(1))),
                List.of(1, 7),
                Kernels.DEFAULT);

        assertThat(run(chain, 10)).containsExactly(120, 20);
        assertThat(run(chain, -1)).containsExactly(-12, -2);
    }

    @Test
    void run_programThatIsCalledTwice_isCompiledOnce() {
        CompiledChain chain = new CompiledChain(
                List.of(0),
                List.of(new Link(TWICE, List.of(0), List.of(1)), new Link(TWICE, List.of(1), List.of(2))),
                List.of(2),
                Kernels.DEFAULT);

        assertThat(run(chain, 1)).containsExactly(4);
        assertThat(chain.source()).containsOnlyOnce("def program");
    }

    @Test
    void run_callWithoutResults_isNoObstacle() {
        Program nothing = new Recording().program(List.of());

        CompiledChain chain = new CompiledChain(
                List.of(3),
                List.of(new Link(nothing, List.of(), List.of()), new Link(THRICE, List.of(3), List.of(4))),
                List.of(4),
                Kernels.DEFAULT);

        assertThat(run(chain, 5)).containsExactly(15);
    }

    private static Program program(double factor) {
        Recording recording = new Recording();
        return recording.program(
                List.of(recording.input("x", TensorType.of(DType.FLOAT32, 1)).scale(factor)));
    }

    private static List<Integer> run(CompiledChain chain, float... inputs) {
        try (NDManager manager = NativeTensors.processManager().newSubManager()) {
            List<NDArray> arrays = new java.util.ArrayList<>();
            for (float input : inputs) {
                arrays.add(manager.create(new float[] {input}));
            }
            return chain.run(manager, arrays).stream()
                    .map(array -> (int) array.getFloat(0))
                    .toList();
        }
    }
}
