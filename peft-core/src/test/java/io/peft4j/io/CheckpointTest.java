package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.safetensors";

    @TempDir
    private Path folder;

    private final NDManager manager = TestFiles.manager();

    @BeforeEach
    void writeShards() throws IOException {
        write(FIRST, "c", "a");
        write(SECOND, "b");
        index("\"b\":\"%s\",\"c\":\"%s\",\"a\":\"%s\"".formatted(SECOND, FIRST, FIRST));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void open_shards_findsTensorsInEach() throws IOException {
        Checkpoint checkpoint = Checkpoint.open(folder);

        assertThat(checkpoint.names()).containsExactly("b", "c", "a");
        assertThat(checkpoint.info("a").shape()).containsExactly(1L);
        assertThat(checkpoint.tensor(manager, "b").getFloat()).isEqualTo('b');
        assertThat(checkpoint.tensor(manager, "c").getFloat()).isEqualTo('c');
    }

    @Test
    void tensors_ofSeveralShards_comeByName() throws IOException {
        Map<String, NDArray> tensors = Checkpoint.open(folder).tensors(manager, List.of("a", "b", "c"));

        assertThat(tensors.keySet()).containsExactlyInAnyOrder("a", "b", "c");
        tensors.forEach((name, tensor) -> assertThat(tensor.getFloat()).isEqualTo(name.charAt(0)));
    }

    @Test
    void open_singleFileBesideShards_isPreferred() throws IOException {
        write("model.safetensors", "x");

        assertThat(Checkpoint.open(folder).names()).containsExactly("x");
    }

    @Test
    void open_givenFile_isRead() throws IOException {
        assertThat(Checkpoint.open(folder.resolve(SECOND)).names()).containsExactly("b");
    }

    @Test
    void tensor_unknownName_listsNames() throws IOException {
        Checkpoint checkpoint = Checkpoint.open(folder);

        assertThatThrownBy(() -> checkpoint.tensor(manager, "d"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(folder + " has no tensor \"d\"; it has 3: b, c, a");
    }

    @Test
    void open_missingShard_isRefused() throws IOException {
        Files.delete(folder.resolve(SECOND));

        assertRefused("file \"%s\" is missing".formatted(SECOND));
    }

    @Test
    void open_brokenShard_saysWhy() throws IOException {
        Files.write(folder.resolve(SECOND), new byte[3]);

        assertRefused("cannot read " + folder.resolve(SECOND), "has only 3 bytes");
    }

    @Test
    void open_tensorNotInItsShard_isRefused() throws IOException {
        index("\"a\":\"%s\",\"b\":\"%s\",\"c\":\"%s\"".formatted(FIRST, FIRST, FIRST));

        assertRefused("tensor \"b\" is not in " + FIRST);
    }

    @Test
    void open_tensorNotInIndex_isRefused() throws IOException {
        index("\"a\":\"%s\",\"b\":\"%s\"".formatted(FIRST, SECOND));

        assertRefused("tensor \"c\" in %s is not listed for that file".formatted(FIRST));
    }

    @Test
    void open_tensorInTwoShards_isRefused() throws IOException {
        write(SECOND, "b", "a");

        assertRefused("tensor \"a\" in %s is not listed for that file".formatted(SECOND));
    }

    @Test
    void open_tensorTwiceInIndex_isRefused() throws IOException {
        index("\"a\":\"%s\",\"a\":\"%s\"".formatted(FIRST, SECOND));

        assertRefused("the name \"a\" occurs twice in one object");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"../x.safetensors\"",
                "\"/x.safetensors\"",
                "\"y/x.safetensors\"",
                "\"y\\\\x.safetensors\"",
                "\"C:x.safetensors\"",
                "\"..\"",
                "\"\"",
                "\"x\\u0000.safetensors\"",
                "\"x.pkl\"",
                "1",
                "null",
                "[]"
            })
    void open_pathOutOfFolder_isRefused(String file) throws IOException {
        index("\"a\":" + file);

        assertRefused("tensor \"a\": ", " is not the name of a .safetensors or .bin file in the same folder");
    }

    @Test
    void open_severalProblems_listsAll() throws IOException {
        index("\"a\":\"%s\",\"b\":\"../x\",\"d\":\"y.safetensors\"".formatted(FIRST));

        assertThatThrownBy(() -> Checkpoint.open(folder))
                .hasMessage(
                        """
                        cannot read %s:
                          tensor "b": "../x" is not the name of a .safetensors or .bin file in the same folder
                          file "y.safetensors" is missing
                          tensor "c" in %s is not listed for that file""",
                        folder.resolve("model.safetensors.index.json"), FIRST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"weight_map\":[]}"})
    void open_noWeightMap_isRefused(String index) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), index);

        assertRefused("it needs an object named weight_map");
    }

    @Test
    void open_emptyFolder_saysWhatItLookedFor() {
        assertThatThrownBy(() -> Checkpoint.open(folder.resolve("none")))
                .isInstanceOf(TensorFileException.class)
                .hasMessage(folder.resolve("none") + " is neither a folder nor a file");
    }

    @Test
    void open_folderWithoutWeights_saysWhatItLookedFor() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));

        assertThatThrownBy(() -> Checkpoint.open(other))
                .isInstanceOf(TensorFileException.class)
                .hasMessage(
                        other + " has none of [model.safetensors, pytorch_model.bin], nor an index of several files");
    }

    @Test
    void open_pickledWeights_areRead() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        TorchFileWriter.write(other.resolve("pytorch_model.bin"), List.of(TestFiles.floats(manager, "x", 7)));

        assertThat(Checkpoint.open(other).tensor(manager, "x").getFloat()).isEqualTo(7);
    }

    @Test
    void open_pickledShards_findsTensorsInEach() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        TorchFileWriter.write(other.resolve("a.bin"), List.of(TestFiles.floats(manager, "x", 7)));
        TorchFileWriter.write(other.resolve("b.bin"), List.of(TestFiles.floats(manager, "y", 8)));
        Files.writeString(
                other.resolve("pytorch_model.bin.index.json"), "{\"weight_map\":{\"x\":\"a.bin\",\"y\":\"b.bin\"}}");

        Checkpoint checkpoint = Checkpoint.open(other);

        assertThat(checkpoint.names()).containsExactly("x", "y");
        assertThat(checkpoint.tensor(manager, "y").getFloat()).isEqualTo(8);
    }

    private void assertRefused(String... problems) {
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(TensorFileException.class)
                .hasMessageContainingAll(problems)
                .hasMessageStartingWith("cannot read " + folder.resolve("model.safetensors.index.json"));
    }

    private void index(String weightMap) throws IOException {
        Files.writeString(
                folder.resolve("model.safetensors.index.json"),
                "{\"metadata\":{\"total_size\":12},\"weight_map\":{%s}}".formatted(weightMap));
    }

    /** Writes tensors whose value is their name. */
    private void write(String file, String... names) throws IOException {
        List<NamedTensor> tensors = Arrays.stream(names)
                .map(name -> TestFiles.floats(manager, name, name.charAt(0)))
                .toList();
        SafeTensorsWriter.write(folder.resolve(file), tensors, Map.of());
    }
}
