package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchFileWriterTest {

    @TempDir
    private Path folder;

    private final NDManager manager = TestFiles.manager();

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void write_tensors_givesTheBytesThatTorchWasSeenToRead() throws IOException {
        Path file = folder.resolve("written.bin");

        TorchFileWriter.write(
                file,
                List.of(
                        new NamedTensor(
                                "größe",
                                DType.FLOAT32,
                                manager.create(new float[] {1, 4, 2, 5, 3, 6}, new Shape(3, 2))
                                        .transpose()),
                        new NamedTensor("a", DType.INT64, manager.create(7L)),
                        new NamedTensor("empty", DType.FLOAT32, NativeTensors.zeros(manager, DType.FLOAT32, 0, 4)),
                        new NamedTensor(
                                "half",
                                DType.BFLOAT16,
                                NativeTensors.cast(manager, manager.create(new float[] {1, -2}), DType.BFLOAT16))));

        assertThat(Files.readAllBytes(file)).isEqualTo(TestFiles.golden("written.bin"));
    }

    @Test
    void write_wrongTensors_listsAllAndKeepsTheOldFile() throws IOException {
        Path file = Files.writeString(folder.resolve("old.bin"), "old");
        NamedTensor tensor = TestFiles.floats(manager, "x", 1);

        assertThatThrownBy(() -> TorchFileWriter.write(
                        file, List.of(tensor, tensor, new NamedTensor("y", DType.INT64, tensor.array()))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        """
                        cannot write %s:
                          the name "x" is taken
                          tensor "y" is declared INT64, but its array is float32""",
                        file);
        assertThat(file).hasContent("old");
    }
}
