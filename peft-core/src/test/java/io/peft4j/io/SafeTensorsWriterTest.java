package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsWriterTest {

    @TempDir
    private Path folder;

    private final NDManager manager = TestFiles.manager();

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void write_tensorsOfPython_givesPythonsBytes() throws IOException {
        Path golden = TestFiles.golden(folder, "types.safetensors");
        SafeTensorsFile file = SafeTensorsFile.open(golden);
        List<NamedTensor> tensors = new ArrayList<>();
        for (TensorInfo info : file.tensors()) {
            tensors.add(new NamedTensor(info.name(), info.dtype(), file.tensor(manager, info.name())));
        }
        Collections.shuffle(tensors, new Random(1));

        SafeTensorsWriter.write(golden, tensors, file.metadata());

        assertThat(Files.readAllBytes(golden)).isEqualTo(TestFiles.golden("types.safetensors"));
    }

    @Test
    void write_nothing_givesPythonsBytes() throws IOException {
        assertThat(write(List.of(), Map.of())).isEqualTo(TestFiles.golden("nothing.safetensors"));
    }

    @Test
    void write_metadata_isSortedAndEscaped() throws IOException {
        byte[] file = write(List.of(), Map.of("\"\n\u0007", "é/\u007f", "B", "2", "a", ""));

        assertThat(new String(file, 8, file.length - 8, StandardCharsets.UTF_8).strip())
                .isEqualTo("{\"__metadata__\":{\"\\\"\\n\\u0007\":\"é/\u007f\",\"B\":\"2\",\"a\":\"\"}}");
    }

    @Test
    void write_transposedSlice_writesItsElements() throws IOException {
        NDArray matrix = manager.arange(6f).reshape(2, 3);

        write(List.of(new NamedTensor("t", DType.FLOAT32, matrix.transpose().get("1:"))), Map.of());

        assertThat(read("t").getShape()).isEqualTo(new Shape(2, 2));
        assertThat(read("t").toFloatArray()).containsExactly(1, 4, 2, 5);
    }

    @Test
    void write_parameter_keepsItsGradient() throws IOException {
        NDArray parameter = manager.create(new float[] {1, 2});
        parameter.setRequiresGradient(true);

        write(List.of(new NamedTensor("p", DType.FLOAT32, parameter)), Map.of());

        assertThat(parameter.hasGradient()).isTrue();
        assertThat(read("p").toFloatArray()).containsExactly(1, 2);
    }

    @Test
    void write_severalChunks_leavesNoArraysBehind() throws IOException {
        NDArray large = manager.arange(700_000f);
        NDArray wide = NativeTensors.cast(manager, large, DType.BFLOAT16);
        int before = manager.getManagedArrays().size();

        write(
                List.of(new NamedTensor("f", DType.FLOAT32, large), new NamedTensor("b", DType.BFLOAT16, wide)),
                Map.of());

        assertThat(manager.getManagedArrays()).hasSize(before);
        assertThat(read("f").contentEquals(large)).isTrue();
        assertThat(TestFiles.bytes(read("b"))).isEqualTo(TestFiles.bytes(wide));
    }

    @Test
    void write_arrayOfCappedManager_isWritten() throws IOException {
        NDArray array = manager.create(new float[] {1, 2});
        manager.cap();

        byte[] file = write(List.of(new NamedTensor("w", DType.FLOAT32, array)), Map.of());

        assertThat(file).hasSize(8 + 56 + 8);
    }

    @Test
    void write_severalProblems_listsAllAndWritesNothing() {
        NDArray array = manager.create(new float[] {1});
        List<NamedTensor> tensors = List.of(
                new NamedTensor("a", DType.FLOAT32, array),
                new NamedTensor("a", DType.FLOAT32, array),
                new NamedTensor("b", DType.FLOAT64, array),
                new NamedTensor("c", DType.BFLOAT16, array),
                new NamedTensor("__metadata__", DType.FLOAT32, array),
                new NamedTensor("\ud800", DType.FLOAT32, array));

        assertThatThrownBy(() -> write(tensors, Map.of("k", "\udc00")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        """
                        cannot write %s:
                          the name "a" is taken
                          tensor "b" is declared FLOAT64, but its array is float32
                          tensor "c" is declared BFLOAT16, but its array is float32
                          the name "__metadata__" is taken
                          "\ud800" holds half of a surrogate pair
                          "\udc00" holds half of a surrogate pair""",
                        folder.resolve("w.safetensors"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void write_opaqueArrayOfOtherSize_throwsAndKeepsOldFile() throws IOException {
        byte[] old = write(List.of(TestFiles.floats(manager, "w", 1)), Map.of());
        NDArray complex =
                manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2)).fft(2);
        assertThat(complex.getDataType()).isIn(DataType.UNKNOWN, DataType.COMPLEX64);

        assertThatThrownBy(() -> write(List.of(new NamedTensor("c", DType.BFLOAT16, complex)), Map.of()))
                .isInstanceOf(IllegalArgumentException.class);

        assertThat(Files.readAllBytes(folder.resolve("w.safetensors"))).isEqualTo(old);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    private byte[] write(List<NamedTensor> tensors, Map<String, String> metadata) throws IOException {
        Path path = folder.resolve("w.safetensors");
        SafeTensorsWriter.write(path, tensors, metadata);
        return Files.readAllBytes(path);
    }

    private NDArray read(String name) throws IOException {
        return SafeTensorsFile.open(folder.resolve("w.safetensors")).tensor(manager, name);
    }
}
