package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.peft4j.program.OperationCases.Case;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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
        Differentiation.Result result = differentiate(operation, program);

        List<NDArray> compiled = gradients(result, program, arguments, new Kernels(Kernels.LinearKernel.ONEDNN, true));

        assertAllClose(compiled, interpretedGradients(result, program, arguments, DataType.FLOAT32), 5e-6);
    }

    @ParameterizedTest
    @MethodSource("io.peft4j.program.OperationCases#all")
    void gradient_derived_equalsFiniteDifferences(Case operation) {
        Program program = operation.program();
        List<NDArray> arguments = arguments(operation, program, DataType.FLOAT64);
        Differentiation.Result result = differentiate(operation, program);

        List<NDArray> derived = interpretedGradients(result, program, arguments, DataType.FLOAT64);

        List<String> names = operation.differentiable(program);
        for (int i = 0; i < names.size(); i++) {
            double[] differences =
                    finiteDifferences(program, arguments, program.inputNames().indexOf(names.get(i)));
            assertThat(derived.get(i).toDoubleArray()).as(names.get(i)).containsExactly(differences, within(2e-7));
        }
    }

    @ParameterizedTest
    @MethodSource("io.peft4j.program.OperationCases#all")
    void gradient_derived_equalsAutograd(Case operation) {
        Program program = operation.program();
        List<NDArray> arguments = arguments(operation, program, DataType.FLOAT32);
        Differentiation.Result result = differentiate(operation, program);

        List<NDArray> derived = gradients(result, program, arguments, Kernels.DEFAULT);

        assertAllClose(derived, autogradGradients(operation, program, arguments), 5e-6);
    }

    private List<NDArray> arguments(Case operation, Program program, DataType floating) {
        return ProgramRunner.arguments(manager, program, 1, operation.ids(), operation.positive(), floating);
    }

    private static Differentiation.Result differentiate(Case operation, Program program) {
        return Differentiation.of(program, Set.of(0), operation.differentiable(program), Set.of());
    }

    private List<NDArray> gradients(
            Differentiation.Result result, Program program, List<NDArray> arguments, Kernels kernels) {
        List<NDArray> forward =
                CompiledProgram.of(result.forward(), kernels).run(manager, pick(result, program, arguments));
        NDArray weights = ProgramRunner.weights(manager, program.outputTypes().get(0), DataType.FLOAT32);
        List<NDArray> kept = forward.subList(1, forward.size());
        return CompiledProgram.of(result.backward(), kernels)
                .run(manager, ProgramRunner.backwardArguments(result, program, arguments, kept, weights));
    }

    private List<NDArray> interpretedGradients(
            Differentiation.Result result, Program program, List<NDArray> arguments, DataType floating) {
        Interpreter interpreter = floating == DataType.FLOAT64 ? Interpreter.float64() : Interpreter.float32();
        List<NDArray> forward = interpreter.run(manager, result.forward(), pick(result, program, arguments));
        NDArray weights = ProgramRunner.weights(manager, program.outputTypes().get(0), floating);
        List<NDArray> kept = forward.subList(1, forward.size());
        return interpreter.run(
                manager, result.backward(), ProgramRunner.backwardArguments(result, program, arguments, kept, weights));
    }

    /** Returns the arguments of the extended forward program. */
    private static List<NDArray> pick(Differentiation.Result result, Program program, List<NDArray> arguments) {
        return result.forward().inputNames().stream()
                .map(name -> arguments.get(program.inputNames().indexOf(name)))
                .toList();
    }

    private List<NDArray> autogradGradients(Case operation, Program program, List<NDArray> arguments) {
        List<NDArray> leaves = operation.differentiable(program).stream()
                .map(name -> arguments.get(program.inputNames().indexOf(name)))
                .toList();
        leaves.forEach(leaf -> leaf.setRequiresGradient(true));
        try (Autograd recording = Autograd.record()) {
            NDArray output = CompiledProgram.of(program, Kernels.DEFAULT)
                    .record(manager, arguments)
                    .get(0);
            Autograd.backward(
                    output, ProgramRunner.weights(manager, program.outputTypes().get(0), DataType.FLOAT32));
        }
        return leaves.stream().map(NDArray::getGradient).toList();
    }

    /** Returns the derivative of Σ weights·output by each element of an argument, from two evaluations each. */
    private double[] finiteDifferences(Program program, List<NDArray> arguments, int index) {
        double step = 1e-5;
        double[] values = arguments.get(index).toDoubleArray();
        double[] differences = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            differences[i] =
                    (weighted(program, arguments, index, i, step) - weighted(program, arguments, index, i, -step))
                            / (2 * step);
        }
        return differences;
    }

    private double weighted(Program program, List<NDArray> arguments, int index, int element, double step) {
        try (NDManager scratch = manager.newSubManager()) {
            double[] values = arguments.get(index).toDoubleArray();
            values[element] += step;
            List<NDArray> moved = new ArrayList<>(arguments);
            moved.set(index, scratch.create(values, arguments.get(index).getShape()));
            NDArray output = Interpreter.float64().run(scratch, program, moved).get(0);
            NDArray weights =
                    ProgramRunner.weights(scratch, program.outputTypes().get(0), DataType.FLOAT64);
            return output.mul(weights).sum().getDouble();
        }
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
