package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CheckpointTest {

    @Provide
    Arbitrary<Program> programs() {
        return RandomPrograms.any();
    }

    @Property(tries = 60)
    void again_anyProgram_givesWhatForwardKeeps(@ForAll("programs") Program program) {
        Differentiation.Result result = Differentiation.of(program, Set.of(0), floating(program), Set.of());
        Checkpoint checkpoint = Checkpoint.of(result);
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            List<NDArray> arguments =
                    ProgramRunner.arguments(manager, program, 5, i -> (i * 5) % 6, false, DataType.FLOAT32);
            List<NDArray> extended = run(manager, result.forward(), program, arguments, List.of());
            List<NDArray> lean = run(manager, checkpoint.forward(), program, arguments, List.of());
            NDArray[] kept = new NDArray[result.kept().size()];
            for (int i = 0; i < checkpoint.spared().size(); i++) {
                kept[checkpoint.spared().get(i)] = lean.get(1 + i);
            }
            Iterator<NDArray> again = run(manager, checkpoint.again(), program, arguments, Arrays.asList(kept))
                    .iterator();

            for (int i = 0; i < kept.length; i++) {
                float[] value = NativeTensors.toFloats(kept[i] == null ? again.next() : kept[i]);
                assertThat(value).containsExactly(NativeTensors.toFloats(extended.get(1 + i)));
            }
            assertThat(again.hasNext()).isFalse();
            assertThat(NativeTensors.toFloats(lean.get(0))).containsExactly(NativeTensors.toFloats(extended.get(0)));
        }
    }

    @Example
    void of_feedForwardLayer_sparesWhatLeavesIt() {
        Recording recording = new Recording();
        Dim rows = Dim.named("B");
        Tensor x = recording.input("x", TensorType.of(DType.FLOAT32, rows, Dim.of(8)));
        Tensor query = recording.input("query", TensorType.of(DType.FLOAT32, 8, 8));
        Tensor inner = recording.input("inner", TensorType.of(DType.FLOAT32, 32, 8));
        Tensor outer = recording.input("outer", TensorType.of(DType.FLOAT32, 8, 32));
        Tensor h = x.linear(query).activation(Activation.TANH);
        Tensor y = h.linear(inner).activation(Activation.GELU).linear(outer).activation(Activation.TANH);
        Differentiation.Result result =
                Differentiation.of(recording.program(List.of(y)), Set.of(0), List.of("x"), Set.of());

        Checkpoint checkpoint = Checkpoint.of(result);

        assertThat(checkpoint.spared()).hasSize(1);
        assertThat(result.kept().get(checkpoint.spared().get(0)).dim(-1)).isEqualTo(Dim.of(8));
        assertThat(checkpoint.again().inputNames()).contains("query", "inner").doesNotContain("outer");
    }

    private static List<String> floating(Program program) {
        return program.inputs().stream()
                .filter(input -> input.type().dtype().isFloating())
                .map(Program.Input::name)
                .toList();
    }

    private static List<NDArray> run(
            NDManager manager, Program program, Program original, List<NDArray> arguments, List<NDArray> kept) {
        List<NDArray> own = new ArrayList<>();
        for (String name : program.inputNames()) {
            own.add(
                    name.startsWith("kept.")
                            ? kept.get(Integer.parseInt(name.substring(5)))
                            : arguments.get(original.inputNames().indexOf(name)));
        }
        return CompiledProgram.of(program, Kernels.DEFAULT).run(manager, own);
    }
}
