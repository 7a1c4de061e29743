package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.model.Task;
import io.peft4j.models.minilm.MiniLm;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What loading does with files that are not right. */
class TextGeneratorTest {

    @TempDir
    private Path folder;

    @Test
    @EnabledOnOs(OS.LINUX)
    void load_brokenGenerationConfig_leavesNoModelMapped() throws IOException {
        save();
        try (TextGenerator ignored = TextGenerator.from(folder).load()) {
            assertThat(mapped()).isNotEmpty();
        }
        assertThat(mapped()).isEmpty();
        Files.writeString(folder.resolve("generation_config.json"), "{");

        assertThatThrownBy(() -> TextGenerator.from(folder).load())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("generation_config.json");

        assertThat(mapped()).isEmpty();
    }

    /** A folder of another model's tokenizer. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void load_tokenizerOfAnotherModel_isRefusedByAllAndLeavesNoModelMapped() throws IOException {
        JsonObject config = PythonJson.read(MiniLm.folder().resolve("config.json"));
        config.addProperty("hidden_size", 24);
        config.addProperty("intermediate_size", 24);
        config.addProperty("num_hidden_layers", 1);
        config.addProperty("vocab_size", 50);
        try (BaseModel base =
                BaseModel.random(config).task(Task.featureExtraction()).load()) {
            SavedModel.write(base, folder, MiniLm.folder());
        }
        List<String> labels = List.of("a", "b");
        List<ThrowingCallable> loads = List.of(
                () -> TextClassifier.from(folder).labels(labels).load(),
                () -> TokenClassifier.from(folder).labels(labels).load(),
                () -> SentenceEncoder.load(folder, DType.FLOAT32, Device.cpu()));

        for (ThrowingCallable load : loads) {
            assertThatThrownBy(load)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the tokenizer has ids up to 30521, but")
                    .hasMessageContaining("has embeddings for 50 tokens");
            assertThat(mapped()).isEmpty();
        }
    }

    @Test
    void of_tokenizerOfAnotherModel_isRefused() throws IOException {
        try (BaseModel base = random(TestTokenizers.BYTE_LEVEL.vocabularySize() - 1)) {
            assertThatThrownBy(() -> TextGenerator.of(base, TestTokenizers.BYTE_LEVEL))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("they are not of one model");
        }
    }

    private void save() throws IOException {
        try (BaseModel base = random(TestTokenizers.BYTE_LEVEL.vocabularySize())) {
            SavedModel.write(base, folder, TestTokenizers.resource("byte-level"));
        }
    }

    private static BaseModel random(int tokens) throws IOException {
        String config =
                """
                {"model_type": "gpt2", "vocab_size": %d, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 16}""";
        return BaseModel.random(JsonParser.parseString(config.formatted(tokens)).getAsJsonObject())
                .task(Task.causalLanguageModelling())
                .load();
    }

    /** Returns the files of the folder that this process has mapped. */
    private List<String> mapped() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains(folder.toString()))
                .toList();
    }
}
