package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.peft4j.program.OperationCases.Case;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation: both back ends agree, and four ways to differentiate it do. */
class OperationsTest {

    private final NDManager manager = NDManager.newBaseManager("PyTorch");

    @ParameterizedTest
    @MethodSource("io.peft4j.program.OperationCases#all")
    void run_compiled_equalsInterpreter(Case operation) {
        Program program = operation.program();
        List<NDArray> arguments = arguments(operation, program, DataType.FLOAT32);

        NDArray compiled = CompiledProgram.of(program, Kernels.DEFAULT)
                .run(manager, arguments)
                .get(0);
        NDArray interpreted =
                Interpreter.float32().run(manager, program, arguments).get(0);

        assertClose(compiled, interpreted, 2e-6);
    }

    @ParameterizedTest
    @MethodSource("io.peft4j.program.OperationCases#all")
    void run_oneDnn_equalsInterpreter(Case operation) {
        Program program = operation.program();
        List<NDArray> arguments = arguments(operation, program, DataType.FLOAT32);
        GradientWays ways = ways(operation, program);

        List<NDArray> compiled = ways.compiled(arguments, new Kernels(Kernels.LinearKernel.ONEDNN, true));

        assertAllClose(compiled, ways.interpreted(arguments, DataType.FLOAT32), 5e-6);
    }

    @ParameterizedTest
    @MethodSource("io.peft4j.program.OperationCases#all")
    void gradient_derived_equalsFiniteDifferences(Case operation) {
        Program program = operation.program();
        List<NDArray> arguments = arguments(operation, program, DataType.FLOAT64);
        GradientWays ways = ways(operation, program);

        List<NDArray> derived = ways.interpreted(arguments, DataType.FLOAT64);

        List<String> names = operation.differentiable(program);
        for (int i = 0; i < names.size(); i++) {
            double[] differences = ways.finiteDifferences(arguments, names.get(i));
            assertThat(derived.get(i).toDoubleArray()).as(names.get(i)).containsExactly(differences, within(2e-7));
        }
    }

    @ParameterizedTest
    @MethodSource("io.peft4j.program.OperationCases#all")
    void gradient_derived_equalsAutograd(Case operation) {
        Program program = operation.program();
        List<NDArray> arguments = arguments(operation, program, DataType.FLOAT32);
        GradientWays ways = ways(operation, program);

        List<NDArray> derived = ways.compiled(arguments, Kernels.DEFAULT);

        assertAllClose(derived, ways.autograd(arguments), 5e-6);
    }

    private List<NDArray> arguments(Case operation, Program program, DataType floating) {
        return ProgramRunner.arguments(manager, program, 1, operation.ids(), operation.positive(), floating);
    }

    private GradientWays ways(Case operation, Program program) {
        return new GradientWays(manager, program, operation.differentiable(program));
    }

    private static void assertAllClose(List<NDArray> actual, List<NDArray> expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) {
            assertClose(actual.get(i), expected.get(i), tolerance);
        }
    }

    private static void assertClose(NDArray actual, NDArray expected, double tolerance) {
        assertThat(actual.getShape()).isEqualTo(expected.getShape());
        assertThat(actual.toFloatArray()).containsExactly(expected.toFloatArray(), within((float) tolerance));
    }
}
