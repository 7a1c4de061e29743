package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.List;
import org.junit.jupiter.api.Test;

class DetachTest {

    /** d/dx of c·x is c if c = x² is a constant, and 3x² if it is not. */
    @Test
    void gradient_ofDetachedFactor_takesItForAConstant() {
        Recording recording = new Recording();
        Tensor x = recording.input("x", TensorType.of(DType.FLOAT32, 3));
        Program program = recording.program(List.of(x.multiply(x).detach().multiply(x)));
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            GradientWays ways = new GradientWays(manager, program, List.of("x"));
            List<NDArray> arguments = List.of(manager.create(new float[] {1, 2, -3}));
            float[] weights = ProgramRunner.weights(
                            manager, program.outputTypes().get(0), DataType.FLOAT32)
                    .toFloatArray();
            float[] squares = {weights[0], 4 * weights[1], 9 * weights[2]};
            for (List<NDArray> gradients : List.of(
                    ways.compiled(arguments, Kernels.DEFAULT),
                    ways.interpreted(arguments, DataType.FLOAT32),
                    ways.autograd(arguments))) {
                assertThat(gradients.get(0).toFloatArray()).containsExactly(squares, within(1e-6f));
            }
        }
    }
}
