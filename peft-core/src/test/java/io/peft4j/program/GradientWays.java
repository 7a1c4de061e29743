package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The gradients of Σ weights·output for a program's first output, computed in every way there is. */
final class GradientWays {

    private static final double STEP = 1e-5;

    private final NDManager manager;
    private final Program program;
    private final List<String> wanted;
    private final Differentiation.Result derived;

    GradientWays(NDManager manager, Program program, List<String> wanted) {
        this.manager = manager;
        this.program = program;
        this.wanted = wanted;
        this.derived = Differentiation.of(program, Set.of(0), wanted, Set.of());
    }

    /** Runs the derived programs as TorchScript. */
    List<NDArray> compiled(List<NDArray> arguments, Kernels kernels) {
        List<NDArray> forward =
                CompiledProgram.of(derived.forward(), kernels).run(manager, pick(derived.forward(), arguments));
        return CompiledProgram.of(derived.backward(), kernels)
                .run(manager, backwardArguments(arguments, forward, DataType.FLOAT32));
    }

    /** Runs the derived programs in the interpreter. */
    List<NDArray> interpreted(List<NDArray> arguments, DataType floating) {
        Interpreter interpreter = floating == DataType.FLOAT64 ? Interpreter.float64() : Interpreter.float32();
        List<NDArray> forward = interpreter.run(manager, derived.forward(), pick(derived.forward(), arguments));
        return interpreter.run(manager, derived.backward(), backwardArguments(arguments, forward, floating));
    }

    /** Lets libtorch's autograd differentiate the program. */
    List<NDArray> autograd(List<NDArray> arguments) {
        List<NDArray> leaves = wanted.stream()
                .map(name -> arguments.get(program.inputNames().indexOf(name)))
                .toList();
        leaves.forEach(leaf -> leaf.setRequiresGradient(true));
        try (Autograd recording = Autograd.record()) {
            NDArray output = CompiledProgram.of(program, Kernels.DEFAULT)
                    .record(manager, arguments)
                    .get(0);
            Autograd.backward(output, weights(manager, DataType.FLOAT32));
        }
        return leaves.stream().map(NDArray::getGradient).toList();
    }

    /** Evaluates the program twice for each element of a wanted input, all in FLOAT64. */
    double[] finiteDifferences(List<NDArray> arguments, String name) {
        int index = program.inputNames().indexOf(name);
        double[] differences = new double[Math.toIntExact(arguments.get(index).size())];
        for (int i = 0; i < differences.length; i++) {
            differences[i] = (weighted(arguments, index, i, STEP) - weighted(arguments, index, i, -STEP)) / (2 * STEP);
        }
        return differences;
    }

    private double weighted(List<NDArray> arguments, int index, int element, double step) {
        try (NDManager scratch = manager.newSubManager()) {
            double[] values = arguments.get(index).toDoubleArray();
            values[element] += step;
            List<NDArray> moved = new ArrayList<>(arguments);
            moved.set(index, scratch.create(values, arguments.get(index).getShape()));
            NDArray output = Interpreter.float64().run(scratch, program, moved).get(0);
            return output.mul(weights(scratch, DataType.FLOAT64)).sum().getDouble();
        }
    }

    private NDArray weights(NDManager owner, DataType floating) {
        return ProgramRunner.weights(owner, program.outputTypes().get(0), floating);
    }

    /** Returns the arguments of another program on inputs of this one. */
    private List<NDArray> pick(Program other, List<NDArray> arguments) {
        return other.inputNames().stream()
                .map(name -> arguments.get(program.inputNames().indexOf(name)))
                .toList();
    }

    private List<NDArray> backwardArguments(List<NDArray> arguments, List<NDArray> forward, DataType floating) {
        return derived.backward().inputNames().stream()
                .map(name -> {
                    if (name.startsWith("kept.")) {
                        return forward.get(1 + Integer.parseInt(name.substring(5)));
                    }
                    return name.equals("gradient.0")
                            ? weights(manager, floating)
                            : arguments.get(program.inputNames().indexOf(name));
                })
                .toList();
    }
}
