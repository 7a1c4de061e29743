package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Operations whose result has a size of its own, or that write into an operand, in both back ends. */
class DecodingOperationsTest {

    private static final Dim B = Dim.named("B");
    private static final Dim T = Dim.named("T");

    @Test
    void targets_labelsWithGaps_givesRowsAndLabelsOfTheNextColumn() {
        Recording recording = new Recording();
        Tensor labels = recording.input("labels", TensorType.of(DType.INT64, B, T));
        Program program = recording.program(labels.targets(1));
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray ids = manager.create(new long[] {5, 6, -100, 7, 8, -100, -100, 9}, new Shape(2, 4));

            for (List<NDArray> results : both(manager, program, ids)) {
                assertThat(results.get(0).toLongArray()).containsExactly(0, 2, 6);
                assertThat(results.get(1).toLongArray()).containsExactly(6, 7, 9);
            }
        }
    }

    @Test
    void targets_nothingCounts_givesNoRows() {
        Recording recording = new Recording();
        Tensor labels = recording.input("labels", TensorType.of(DType.INT64, B, T));
        Program program = recording.program(labels.targets(1));
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray ids = manager.create(new long[] {5, -100, -100}, new Shape(1, 3));

            for (List<NDArray> results : both(manager, program, ids)) {
                assertThat(results.get(0).getShape()).isEqualTo(new Shape(0));
            }
        }
    }

    @Test
    void append_bufferWithRoom_writesInPlaceAndReturnsAllRows() {
        Recording recording = new Recording();
        Tensor buffer =
                recording.input("buffer", TensorType.of(DType.FLOAT32, B, Dim.of(1), Dim.named("C"), Dim.of(2)));
        Tensor rows = recording.input("rows", TensorType.of(DType.FLOAT32, B, Dim.of(1), T, Dim.of(2)));
        Tensor all = recording.input("all", TensorType.of(DType.FLOAT32, B, Dim.named("S")));
        Program program = recording.program(List.of(buffer.append(rows, all.dim(1))));
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray x = manager.create(new float[] {1, 2, 3, 4}, new Shape(1, 1, 2, 2));
            NDArray shape = manager.zeros(new Shape(1, 3));
            NDArray compiled = manager.zeros(new Shape(1, 1, 5, 2));
            NDArray interpreted = compiled.duplicate();

            NDArray one = CompiledProgram.of(program, Kernels.DEFAULT)
                    .run(manager, List.of(compiled, x, shape))
                    .get(0);
            NDArray other = Interpreter.float32()
                    .run(manager, program, List.of(interpreted, x, shape))
                    .get(0);

            assertThat(one.toFloatArray()).containsExactly(0, 0, 1, 2, 3, 4);
            assertThat(other.toFloatArray()).containsExactly(0, 0, 1, 2, 3, 4);
            assertThat(compiled.toFloatArray()).containsExactly(0, 0, 1, 2, 3, 4, 0, 0, 0, 0);
            assertThat(interpreted.toFloatArray()).containsExactly(0, 0, 1, 2, 3, 4, 0, 0, 0, 0);
        }
    }

    @Test
    void append_rowsOfOtherWidth_isRefused() {
        Recording recording = new Recording();
        Tensor buffer =
                recording.input("buffer", TensorType.of(DType.FLOAT32, B, Dim.of(1), Dim.named("C"), Dim.of(2)));
        Tensor rows = recording.input("rows", TensorType.of(DType.FLOAT32, B, Dim.of(1), T, Dim.of(3)));

        assertThatThrownBy(() -> buffer.append(rows, T)).hasMessageContaining("appending [B, K, T, Hd]");
    }

    private static List<List<NDArray>> both(NDManager manager, Program program, NDArray argument) {
        return List.of(
                CompiledProgram.of(program, Kernels.DEFAULT).run(manager, List.of(argument)),
                Interpreter.float32().run(manager, program, List.of(argument)));
    }
}
