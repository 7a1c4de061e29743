package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.io.Unpickler.Global;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchFileTest {

    @TempDir
    private Path folder;

    private final NDManager manager = TestFiles.manager();

    @AfterEach
    void close() {
        manager.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"torch.bin", "torch-stream.bin"})
    void open_whatTorchSaved_readsEveryTensor(String name) throws IOException {
        TensorFile file = TensorFile.open(TestFiles.golden(folder, name));
        JsonObject expected = JsonParser.parseString(new String(TestFiles.golden("torch.json"), StandardCharsets.UTF_8))
                .getAsJsonObject();

        assertThat(file.tensors()).extracting(TensorInfo::name).containsExactlyElementsOf(expected.keySet());
        for (TensorInfo info : file.tensors()) {
            JsonObject tensor = expected.getAsJsonObject(info.name());
            JsonArray shape = tensor.getAsJsonArray("shape");
            assertThat(info.shape())
                    .as(info.name())
                    .isEqualTo(shape.asList().stream()
                            .map(size -> size.getAsLong())
                            .toList());
            assertThat(HexFormat.of().formatHex(TestFiles.bytes(file.tensor(manager, info.name()))))
                    .as(info.name())
                    .isEqualTo(tensor.get("hex").getAsString());
        }
    }

    @Test
    void tensor_unknownName_listsNames() throws IOException {
        TensorFile file = open(one(pickler -> pickler.number(2)), new byte[8]);

        assertThatThrownBy(() -> file.tensor(manager, "y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("test.bin has no tensor \"y\"; it has 1: x");
    }

    @Test
    void tensor_fileChanged_isRefused() throws IOException {
        TensorFile file = open(one(pickler -> pickler.number(2)), new byte[8]);
        Files.writeString(folder.resolve("test.bin"), "other");

        assertThatThrownBy(() -> file.tensor(manager, "x"))
                .isInstanceOf(TensorFileException.class)
                .hasMessageContaining("changed since it was opened");
    }

    @Test
    void open_pickleWithCode_namesTheCode() {
        byte[] pickle = new Pickler()
                .mark()
                .text("x")
                .global(new Global("posix", "system"))
                .mark()
                .text("touch was-run")
                .tuple()
                .call()
                .text("y")
                .global(new Global("builtins", "eval"))
                .mark()
                .tuple()
                .call()
                .entries()
                .end();

        assertThatThrownBy(() -> open(pickle))
                .isInstanceOf(TensorFileException.class)
                .hasMessage(
                        """
                        cannot read %s:
                          the pickle names "posix.system": only tensors, dictionaries, lists, texts and numbers are read, no code
                          the pickle names "builtins.eval": only tensors, dictionaries, lists, texts and numbers are read, no code""",
                        folder.resolve("test.bin"));
    }

    @Test
    void open_entriesThatAreNoTensors_areNamed() {
        byte[] pickle = new Pickler()
                .mark()
                .text("epoch")
                .number(3)
                .number(1)
                .number(2)
                .entries()
                .end();

        assertThatThrownBy(() -> open(pickle))
                .hasMessageContainingAll("entry \"epoch\" of the dictionary is no tensor", "key 1 of the dictionary");
    }

    /** One byte of a pickle keeps a value once more, which takes many bytes here. */
    @Test
    void read_pickleThatKeepsMoreThanItMakes_isRefused() {
        byte[] pickle = new byte[5_000_000];
        Arrays.fill(pickle, (byte) 0x94);
        pickle[0] = 'N';
        PickleInput in = new PickleInput(new ByteArrayInputStream(pickle), pickle.length, "test.bin");

        assertThatThrownBy(() -> Unpickler.read(in, new TorchValues(new Problems())))
                .isInstanceOf(TensorFileException.class)
                .hasMessageContaining("the pickle makes more than 4000000 values");
    }

    @Test
    void open_tensorBeyondItsStorage_isRefused() {
        assertThatThrownBy(() -> open(one(pickler -> pickler.number(3)), new byte[8]))
                .hasMessageContaining(
                        "tensor \"x\" of shape [3], strides [1] and offset 0 does not lie within its 2 elements");
        assertThatThrownBy(() -> open(one(pickler -> pickler.number(Long.MAX_VALUE)), new byte[8]))
                .hasMessageContaining("does not lie within its 2 elements");
        assertThatThrownBy(() -> open(one(pickler -> pickler.number(-1)), new byte[8]))
                .hasMessageContaining("the pickle makes a tensor of other things");
    }

    @Test
    void open_storageShorterThanClaimed_isRefused() {
        assertThatThrownBy(() -> open(one(pickler -> pickler.number(2)), new byte[7]))
                .hasMessageContaining("storage \"0\" of 2 elements of FLOAT32 has only 7 bytes");
        assertThatThrownBy(() -> open(one(pickler -> pickler.number(2))))
                .hasMessageContaining("tensor \"x\": its numbers are not in the file");
    }

    @Test
    void open_bigEndian_isRefused() {
        assertThatThrownBy(() -> write("big", one(pickler -> pickler.number(2)), new byte[8]))
                .hasMessageContaining("its numbers are big-endian, only little-endian is read");
    }

    @Test
    void open_compressedEntry_isRefused() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("x/data.pkl"));
            zip.write(new Pickler().mark().entries().end());
        }
        Path file = Files.write(folder.resolve("test.bin"), bytes.toByteArray());

        assertThatThrownBy(() -> TorchFile.open(file))
                .hasMessageContaining("entry \"x/data.pkl\" is compressed or encrypted");
    }

    @Test
    void open_zipOfOtherThings_isRefused() throws IOException {
        Path file = folder.resolve("test.bin");
        AtomicFile.write(file, out -> {
            StoredZip zip = new StoredZip(out, "x");
            zip.entry("other", new byte[3]);
            zip.end();
        });

        assertThatThrownBy(() -> TorchFile.open(file)).hasMessageContaining("this zip has 0");
    }

    @Test
    void open_cutShort_isRefused() throws IOException {
        byte[] whole = TestFiles.golden("torch.bin");
        for (int length : List.of(10, 1000, whole.length - 1)) {
            Path file = Files.write(folder.resolve("test.bin"), java.util.Arrays.copyOf(whole, length));

            assertThatThrownBy(() -> TorchFile.open(file)).isInstanceOf(TensorFileException.class);
        }
    }

    /** Returns the pickle of one tensor x of some size in a storage of two elements. */
    private static byte[] one(UnaryOperator<Pickler> size) {
        Pickler pickler =
                new Pickler().mark().text("x").global(TorchValues.TENSOR).mark();
        pickler.mark()
                .text("storage")
                .global(new Global("torch", "FloatStorage"))
                .text("0")
                .text("cpu");
        pickler.number(2).tuple().persistent().number(0);
        size.apply(pickler.mark()).tuple().numbers(1).no();
        return pickler.global(TorchValues.ORDERED_DICT)
                .mark()
                .tuple()
                .call()
                .tuple()
                .call()
                .entries()
                .end();
    }

    private TensorFile open(byte[] pickle, byte[]... storages) throws IOException {
        return write("little", pickle, storages);
    }

    private TensorFile write(String order, byte[] pickle, byte[]... storages) throws IOException {
        Path file = folder.resolve("test.bin");
        AtomicFile.write(file, out -> {
            StoredZip zip = new StoredZip(out, "test");
            zip.entry("data.pkl", pickle);
            zip.entry("byteorder", order.getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < storages.length; i++) {
                zip.entry("data/" + i, storages[i]);
            }
            zip.end();
        });
        return TensorFile.open(file);
    }
}
