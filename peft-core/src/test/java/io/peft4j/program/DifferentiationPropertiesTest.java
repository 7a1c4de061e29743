package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a program is made of, its derived gradients are those of libtorch's autograd and of finite differences. */
class DifferentiationPropertiesTest {

    /** Stops gradients, and jumps where two numbers change places: a case of its own each, but no part of a smooth program. */
    private static final Set<String> NOT_SMOOTH = Set.of("detach", "largest");

    @Provide
    Arbitrary<Program> programs() {
        return RandomPrograms.any();
    }

    /** But dropout, whose masks both back ends draw otherwise, and what is made for generation or is not smooth. */
    @Example
    void any_program_canHoldEveryOperation() {
        Set<String> left = OperationCases.all()
                .flatMap(example -> operations(example.program()))
                .collect(Collectors.toCollection(TreeSet::new));

        RandomPrograms.each().stream()
                .flatMap(DifferentiationPropertiesTest::operations)
                .forEach(left::remove);
        left.removeAll(NOT_SMOOTH);

        assertThat(left).isEmpty();
    }

    private static Stream<String> operations(Program program) {
        return program.nodes().stream().map(node -> node.op().name());
    }

    @Property(tries = 60)
    void derived_anyProgram_equalsAutograd(@ForAll("programs") Program program, @ForAll int choice) {
        List<String> wanted = wanted(program, choice);
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            List<NDArray> arguments = arguments(manager, program, DataType.FLOAT32);
            GradientWays ways = new GradientWays(manager, program, wanted);

            List<NDArray> plain = ways.compiled(arguments, Kernels.DEFAULT);
            List<NDArray> fast = ways.compiled(arguments, new Kernels(Kernels.LinearKernel.ONEDNN, true));
            List<NDArray> autograd = ways.autograd(arguments);

            for (int i = 0; i < wanted.size(); i++) {
                double[] expected = doubles(autograd.get(i));
                assertClose(wanted.get(i), doubles(plain.get(i)), expected, 3e-5);
                assertClose(wanted.get(i), doubles(fast.get(i)), expected, 3e-5);
            }
        }
    }

    @Example
    void derived_everyOperation_equalsFiniteDifferences() {
        RandomPrograms.each().forEach(program -> derived_anyProgram_equalsFiniteDifferences(program, 0));
    }

    @Property(tries = 25)
    void derived_anyProgram_equalsFiniteDifferences(@ForAll("programs") Program program, @ForAll int choice) {
        List<String> wanted = wanted(program, choice);
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            List<NDArray> arguments = arguments(manager, program, DataType.FLOAT64);
            GradientWays ways = new GradientWays(manager, program, wanted);

            List<NDArray> derived = ways.interpreted(arguments, DataType.FLOAT64);

            for (int i = 0; i < wanted.size(); i++) {
                double[] differences = ways.finiteDifferences(arguments, wanted.get(i));
                // Steep chains have large third derivatives, which differences do not see.
                assertClose(wanted.get(i), doubles(derived.get(i)), differences, 1e-5);
            }
        }
    }

    @Property(tries = 100)
    void derived_anyProgram_leavesFrozenInputsAlone(@ForAll("programs") Program program, @ForAll int choice) {
        List<String> wanted = wanted(program, choice);

        Differentiation.Result result = Differentiation.of(program, Set.of(0), List.of(), wanted);

        assertThat(result.backward().additions()).hasSize(wanted.size());
        assertThat(result.backward().outputs()).isEmpty();
        assertThat(result.forward().outputTypes())
                .startsWith(program.outputTypes().toArray(TensorType[]::new));
        assertThat(result.kept())
                .hasSize(result.forward().outputs().size() - program.outputs().size());
    }

    private static List<NDArray> arguments(NDManager manager, Program program, DataType floating) {
        return ProgramRunner.arguments(manager, program, 5, i -> (i * 5) % 6, false, floating);
    }

    /** Returns some of the floating inputs, at least one. */
    private static List<String> wanted(Program program, int choice) {
        List<String> floating = program.inputs().stream()
                .filter(input -> input.type().dtype().isFloating())
                .map(Program.Input::name)
                .toList();
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < floating.size(); i++) {
            if ((choice >> i & 1) == 1) {
                wanted.add(floating.get(i));
            }
        }
        return wanted.isEmpty() ? floating : wanted;
    }

    private static double[] doubles(NDArray x) {
        return x.toType(DataType.FLOAT64, false).toDoubleArray();
    }

    private static void assertClose(String name, double[] actual, double[] expected, double tolerance) {
        assertThat(actual).as(name).hasSameSizeAs(expected);
        double largest = 1;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i])
                    .as("%s[%d]", name, i)
                    .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(tolerance * largest));
        }
    }
}
