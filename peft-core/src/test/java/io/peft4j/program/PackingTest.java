package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PackingTest {

    private static final TensorType ROWS = TensorType.of(DType.FLOAT32, 2, 5, 24);

    private final Recording recording = new Recording();
    private final Map<String, TensorType> inputs = new LinkedHashMap<>();

    @ParameterizedTest
    @CsvSource({"FLOAT32, 1e-5", "BFLOAT16, 0.1"})
    void of_productsInBothForms_computesTheSame(DType dtype, double tolerance) {
        Tensor x = input("x", ROWS.as(dtype));
        Tensor w = input("w", TensorType.of(dtype, 40, 24));
        Tensor v = input("v", TensorType.of(dtype, 40, 24));
        Tensor bias = input("bias", TensorType.of(dtype, 40));
        Tensor y = x.linear(w, bias);
        Tensor back = recording.apply(LinearAlgebra.linear(true), y, v).add(x);
        Program program = Fusion.fuse(recording.program(List.of(y, back)));

        Packing packing = Packing.of(program, Set.of("w", "v"));

        assertThat(packing.weights())
                .containsOnly(
                        Map.entry("w", new Packing.Packed(List.of("w"), false)),
                        Map.entry("v", new Packing.Packed(List.of("v"), true)));
        assertThat(packing.program().toString()).contains("packed[addLinearTransposed");
        assertSame(program, packing, tolerance);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 33, 40, 48, 64, 72, 96, 128, 200})
    void pack_anyWidth_computesTheSame(int out) {
        Tensor x = input("x", ROWS);
        Tensor w = input("w", TensorType.of(DType.FLOAT32, out, 24));
        Tensor v = input("v", TensorType.of(DType.FLOAT32, 24, out));
        Program program = recording.program(List.of(x.linear(w), recording.apply(LinearAlgebra.linear(true), x, v)));

        Packing packing = Packing.of(program, Set.of("w", "v"));

        assertThat(packing.weights()).hasSize(2);
        assertSame(program, packing, 1e-5);
    }

    @Test
    void joining_productsOfTheSameRows_areOne() {
        DType dtype = DType.FLOAT32;
        Tensor x = input("x", ROWS.as(dtype));
        Tensor other = input("other", ROWS.as(dtype));
        List<Tensor> results = new ArrayList<>();
        for (int out : new int[] {40, 8, 16}) {
            results.add(
                    x.linear(input("w" + out, TensorType.of(dtype, out, 24))).softmax());
        }
        results.add(other.linear(input("apart", TensorType.of(dtype, 8, 24))));
        Program program = recording.program(results);

        Packing packing = Packing.joining(program, Set.of("w40", "w8", "w16", "apart"));

        assertThat(packing.weights())
                .containsOnly(
                        Map.entry("w40", new Packing.Packed(List.of("w40", "w8", "w16"), false)),
                        Map.entry("apart", new Packing.Packed(List.of("apart"), false)));
        assertThat(packing.program().inputNames()).containsExactly("x", "other", "w40", "apart");
        assertSame(program, packing, 1e-5);
    }

    @ParameterizedTest
    @CsvSource({"plain, false", "frozen, true"})
    void of_weightThatIsNotFrozen_staysAsItIs(String name, boolean packed) {
        Tensor y = input("x", ROWS).linear(input(name, TensorType.of(DType.FLOAT32, 8, 24)));

        Packing packing = Packing.of(recording.program(List.of(y)), Set.of("frozen"));

        assertThat(packing.weights().containsKey(name)).isEqualTo(packed);
    }

    @ParameterizedTest
    @CsvSource({"directions", "elementwise", "rows", "returned"})
    void of_weightWithAnotherUse_staysAsItIs(String use) {
        Tensor x = input("x", ROWS);
        Tensor w = input("w", TensorType.of(DType.FLOAT32, 24, 24));
        Tensor y = x.linear(w);
        Tensor other =
                switch (use) {
                    case "directions" -> recording.apply(LinearAlgebra.linear(true), x, w);
                    case "elementwise" -> w.softmax();
                    case "rows" -> w.linear(input("v", TensorType.of(DType.FLOAT32, 8, 24)));
                    default -> w;
                };
        Program program = recording.program(List.of(y, other));

        Packing packing = Packing.of(program, Set.of("w"));

        assertThat(packing.weights()).isEmpty();
        assertThat(packing.program()).isEqualTo(program);
    }

    private Tensor input(String name, TensorType type) {
        inputs.put(name, type);
        return recording.input(name, type);
    }

    private void assertSame(Program program, Packing packing, double tolerance) {
        try (NDManager manager = NativeTensors.processManager().newSubManager()) {
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            inputs.forEach((name, type) -> arrays.put(
                    name,
                    NativeTensors.normal(
                            manager,
                            type.dtype(),
                            name.hashCode(),
                            0.3,
                            type.shape().stream().mapToLong(Dim::constant).toArray())));
            List<NDArray> plain = CompiledProgram.of(program, Kernels.DEFAULT)
                    .run(manager, program.inputNames().stream().map(arrays::get).toList());
            List<NDArray> arguments = packing.program().inputNames().stream()
                    .map(name -> {
                        Packing.Packed packed = packing.weights().get(name);
                        return packed == null
                                ? arrays.get(name)
                                : Packing.pack(
                                        manager,
                                        packed.inputs().stream()
                                                .map(arrays::get)
                                                .toList(),
                                        packed.transposed());
                    })
                    .toList();
            List<NDArray> results = CompiledProgram.of(packing.program(), Kernels.DEFAULT.packing())
                    .run(manager, arguments);
            for (int i = 0; i < plain.size(); i++) {
                float[] expected = NativeTensors.toFloats(plain.get(i));
                float[] actual = NativeTensors.toFloats(results.get(i));
                assertThat(IntStream.range(0, expected.length).anyMatch(k -> Math.abs(expected[k]) > 0.01))
                        .isTrue();
                assertThat(actual).hasSameSizeAs(expected);
                for (int k = 0; k < actual.length; k++) {
                    assertThat(actual[k]).isCloseTo(expected[k], within((float) tolerance));
                }
            }
        }
    }
}
