package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsFileTest {

    @TempDir
    private Path folder;

    private final NDManager manager = TestFiles.manager();

    @AfterEach
    void close() {
        manager.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"types", "unaligned"})
    void tensor_fileOfPython_equalsItsBytes(String name) throws IOException {
        SafeTensorsFile file = SafeTensorsFile.open(TestFiles.golden(folder, name + ".safetensors"));
        JsonObject expected = PythonJson.parse(TestFiles.golden(name + ".json"), name);

        assertThat(file.tensors()).extracting(TensorInfo::name).containsExactlyInAnyOrderElementsOf(expected.keySet());
        for (TensorInfo info : file.tensors()) {
            JsonObject tensor = expected.getAsJsonObject(info.name());
            NDArray array = file.tensor(manager, info.name());
            long[] shape = StreamSupport.stream(tensor.getAsJsonArray("shape").spliterator(), false)
                    .mapToLong(JsonElement::getAsLong)
                    .toArray();
            assertThat(array.getShape()).as(info.name()).isEqualTo(new Shape(shape));
            assertThat(array.getDataType())
                    .as(info.name())
                    .isEqualTo(info.dtype().djl());
            assertThat(HexFormat.of().formatHex(TestFiles.bytes(array)))
                    .as(info.name())
                    .isEqualTo(tensor.get("hex").getAsString());
        }
    }

    @Test
    void metadata_fileOfPython_isRead() throws IOException {
        assertThat(SafeTensorsFile.open(TestFiles.golden(folder, "types.safetensors"))
                        .metadata())
                .isEqualTo(Map.of("format", "pt"));
    }

    @Test
    void tensors_fileWithoutTensors_isEmpty() throws IOException {
        SafeTensorsFile file = SafeTensorsFile.open(TestFiles.golden(folder, "nothing.safetensors"));

        assertThat(file.tensors()).isEmpty();
        assertThat(file.metadata()).isEmpty();
    }

    @Test
    void tensors_headerInAnyOrder_areInOrderOfData() throws IOException {
        SafeTensorsFile file = open(
                """
                {"z":{"data_offsets":[2,2],"shape":[0],"dtype":"U8"},
                 "b":{"data_offsets":[1,2],"shape":[1],"dtype":"U8","more":{"ignored":[1]}},
                 "a":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}}""",
                (byte) 1,
                (byte) 7);

        assertThat(file.tensors()).extracting(TensorInfo::name).containsExactly("a", "b", "z");
        assertThat(TestFiles.bytes(file.tensor(manager, "b"))).containsExactly(7);
    }

    @Test
    void info_unknownName_listsNames() throws IOException {
        SafeTensorsFile file = SafeTensorsFile.open(TestFiles.golden(folder, "unaligned.safetensors"));

        assertThatThrownBy(() -> file.info("byte"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(folder.resolve("unaligned.safetensors")
                        + " has no tensor \"byte\"; it has 3: bytes, floats, half");
    }

    @ParameterizedTest
    @ValueSource(strings = {"types", "unaligned"})
    void tensors_allOfAFile_equalEachAlone(String name) throws IOException {
        SafeTensorsFile file = SafeTensorsFile.open(TestFiles.golden(folder, name + ".safetensors"));
        List<String> names =
                new ArrayList<>(file.tensors().stream().map(TensorInfo::name).toList());
        Collections.reverse(names);

        List<NDArray> together = file.tensors(manager, names);

        assertThat(together).hasSameSizeAs(names);
        for (int i = 0; i < names.size(); i++) {
            NDArray alone = file.tensor(manager, names.get(i));
            assertThat(together.get(i).getShape()).as(names.get(i)).isEqualTo(alone.getShape());
            assertThat(together.get(i).getDataType()).as(names.get(i)).isEqualTo(alone.getDataType());
            assertThat(TestFiles.bytes(together.get(i))).as(names.get(i)).isEqualTo(TestFiles.bytes(alone));
        }
    }

    @Test
    void tensors_oneClosed_othersStay() throws IOException {
        SafeTensorsFile file = SafeTensorsFile.open(TestFiles.golden(folder, "types.safetensors"));
        byte[] expected = TestFiles.bytes(file.tensor(manager, "matrix.F32"));
        List<NDArray> tensors = file.tensors(
                manager,
                file.tensors().stream()
                        .filter(info -> info.dtype() == DType.FLOAT32)
                        .map(TensorInfo::name)
                        .sorted(Comparator.comparing(name -> !name.equals("matrix.F32")))
                        .toList());

        tensors.subList(1, tensors.size()).forEach(NDArray::close);

        assertThat(tensors).hasSizeGreaterThan(1);
        assertThat(TestFiles.bytes(tensors.get(0))).isEqualTo(expected);
    }

    @Test
    void tensor_written_leavesFileAndOtherTensorsAlone() throws IOException {
        Path path = TestFiles.golden(folder, "types.safetensors");
        byte[] before = Files.readAllBytes(path);
        SafeTensorsFile file = SafeTensorsFile.open(path);

        try (NDArray tensor = file.tensor(manager, "matrix.F32")) {
            NativeTensors.fill(tensor, 0);
            assertThat(tensor.toFloatArray()).containsOnly(0);
        }

        assertThat(file.tensor(manager, "matrix.F32").toFloatArray()[0]).isNotZero();
        assertThat(Files.readAllBytes(path)).isEqualTo(before);
    }

    @Test
    void tensor_fileReplaced_keepsItsValues() throws IOException {
        Path path = folder.resolve("w.safetensors");
        SafeTensorsWriter.write(path, List.of(TestFiles.floats(manager, "w", 1, 2)), Map.of());
        NDArray tensor = SafeTensorsFile.open(path).tensor(manager, "w");

        SafeTensorsWriter.write(path, List.of(TestFiles.floats(manager, "w", 3)), Map.of());

        assertThat(tensor.toFloatArray()).containsExactly(1, 2);
    }

    @Test
    void tensor_fileReplacedBefore_throws() throws IOException {
        Path path = folder.resolve("w.safetensors");
        SafeTensorsWriter.write(path, List.of(TestFiles.floats(manager, "w", 1, 2)), Map.of());
        SafeTensorsFile file = SafeTensorsFile.open(path);
        SafeTensorsWriter.write(path, List.of(TestFiles.floats(manager, "w", 3)), Map.of());

        assertThatThrownBy(() -> file.tensor(manager, "w"))
                .isInstanceOf(TensorFileException.class)
                .hasMessage(path + " changed since it was opened: open it again");
    }

    @Test
    void tensor_closed_leavesNothingOnTheManager() throws IOException {
        SafeTensorsFile file = SafeTensorsFile.open(TestFiles.golden(folder, "types.safetensors"));
        int before = manager.getManagedArrays().size();

        for (TensorInfo info : file.tensors()) {
            file.tensor(manager, info.name()).close();
        }

        assertThat(manager.getManagedArrays()).hasSize(before);
    }

    @Test
    void tensor_beyondTwoGiB_isRead() throws IOException {
        long bytes = 5L << 29;
        SafeTensorsFile file = openLarge(bytes);

        assertThat(file.info("a").bytes()).isEqualTo(bytes);
        assertThat(file.tensor(manager, "a").getShape()).isEqualTo(new Shape(bytes));
        assertThat(file.tensor(manager, "b").toFloatArray()).containsExactly(1.5f, -2);
    }

    @Test
    void tensor_beyondMemory_isRead() throws IOException {
        SafeTensorsFile file = openLarge(1L << 40);

        assertThat(file.tensor(manager, "b").toFloatArray()).containsExactly(1.5f, -2);
    }

    @Test
    void tensors_lastBeyondMemory_areRead() throws IOException {
        SafeTensorsFile file = openLarge(1L << 40);

        assertThat(file.tensors(manager, List.of("b", "c")))
                .extracting(tensor -> tensor.toFloatArray()[0])
                .containsExactly(1.5f, 0f);
    }

    @Test
    void tensor_unalignedOfSeveralChunks_isRead() throws IOException {
        int elements = 700_000;
        ByteBuffer data = ByteBuffer.allocate(1 + 4 * elements).order(ByteOrder.LITTLE_ENDIAN);
        data.put((byte) 1);
        for (int i = 0; i < elements; i++) {
            data.putInt(i * 31);
        }
        String header =
                """
                {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},\
                "b":{"dtype":"I32","shape":[%d],"data_offsets":[1,%d]}}"""
                        .formatted(elements, 1 + 4 * elements);
        SafeTensorsFile file = open(header + " ".repeat(8 - header.length() % 8), data.array());

        int[] read = file.tensor(manager, "b").toIntArray();

        assertThat(read).hasSize(elements);
        for (int i = 0; i < elements; i++) {
            assertThat(read[i]).isEqualTo(i * 31);
        }
    }

    @Test
    void requireLittleEndian_bigEndian_throws() {
        assertThatThrownBy(() -> FileData.requireLittleEndian(ByteOrder.BIG_ENDIAN))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("big-endian");
    }

    @Test
    void info_scalar_hasOffsetInFile() throws IOException {
        SafeTensorsFile file = open(
                "{\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", (byte) 0, (byte) 0, (byte) 0, (byte)
                        64);

        assertThat(file.info("s")).isEqualTo(new TensorInfo("s", DType.FLOAT32, List.of(), 8 + 53, 4));
        assertThat(file.tensor(manager, "s").getFloat()).isEqualTo(2);
    }

    /** Opens a file with c = [0, 0], a hole for a large tensor a, and b = [1.5, −2] behind it. */
    private SafeTensorsFile openLarge(long bytes) throws IOException {
        String header =
                """
                {"c":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
                "a":{"dtype":"U8","shape":[%d],"data_offsets":[8,%d]},\
                "b":{"dtype":"F32","shape":[2],"data_offsets":[%d,%d]}}"""
                        .formatted(bytes, bytes + 8, bytes + 8, bytes + 16);
        byte[] start = TestFiles.file(header + " ".repeat(8 - header.length() % 8));
        ByteBuffer end = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        Path path = folder.resolve("large.safetensors");
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.SPARSE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(start));
            channel.write(end.putFloat(1.5f).putFloat(-2).flip(), start.length + 8 + bytes);
        }
        return SafeTensorsFile.open(path);
    }

    private SafeTensorsFile open(String header, byte... data) throws IOException {
        return SafeTensorsFile.open(Files.write(folder.resolve("hand.safetensors"), TestFiles.file(header, data)));
    }
}
