package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What loading a generator does with files that are not right. */
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

    private void save() throws IOException {
        String config =
                """
                {"model_type": "gpt2", "vocab_size": %d, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 16}""";
        int size = TestTokenizers.BYTE_LEVEL.vocabularySize();
        try (BaseModel base = BaseModel.random(
                        JsonParser.parseString(config.formatted(size)).getAsJsonObject())
                .task(Task.causalLanguageModelling())
                .load()) {
            SavedModel.write(base, folder, TestTokenizers.resource("byte-level"));
        }
    }

    /** Returns the files of the folder that this process has mapped. */
    private List<String> mapped() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains(folder.toString()))
                .toList();
    }
}
