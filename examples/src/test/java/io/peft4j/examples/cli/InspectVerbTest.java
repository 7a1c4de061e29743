package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InspectVerbTest {

    private static final Path BERT = Goldens.folder("hf/bert/base");

    @TempDir
    private Path folder;

    private static JsonObject inspect(Object... options) {
        return inspected(0, options);
    }

    private static JsonObject problems(Object... options) {
        return inspected(1, options);
    }

    private static JsonObject inspected(int code, Object... options) {
        Object[] all = new Object[options.length + 2];
        all[0] = "inspect";
        all[1] = "--json";
        System.arraycopy(options, 0, all, 2, options.length);
        CommandLineRun run = CommandLineRun.of(all);
        assertThat(run.code()).as(run.err()).isEqualTo(code);
        assertThat(run.json().keySet())
                .contains(
                        "kind", "method", "base_model", "trainable", "bytes", "target_modules", "tensors", "problems");
        return run.json();
    }

    /** VeRA's shared matrices are in the file and do not train. */
    @ParameterizedTest
    @ValueSource(strings = {"lora", "vera", "ia3"})
    void inspect_withAndWithoutTheBase_countTheSame(String name) {
        Path adapter = Goldens.folder("hf/bert/" + name);

        JsonObject alone = inspect("--adapter", adapter);
        JsonObject based = inspect("--adapter", adapter, "--base", BERT);

        assertThat(alone.getAsJsonArray("problems")).isEmpty();
        assertThat(based.getAsJsonArray("problems")).isEmpty();
        assertThat(alone.get("trainable")).isEqualTo(based.get("trainable"));
        assertThat(alone.get("share").isJsonNull()).isTrue();
        assertThat(based.get("share").getAsDouble()).isBetween(0.0, 1.0);
    }

    /** The head of this folder is the base's own, so with the base it does not train. */
    @Test
    void inspect_adapterHub_listsTheHeadOfTheFileBeside() {
        Path adapter = Goldens.folder("adapterhub/bert/seq_bn");

        JsonObject alone = inspect("--adapter", adapter);
        JsonObject based = inspect("--adapter", adapter, "--base", Goldens.folder("adapterhub/bert/base"));

        assertThat(based.getAsJsonArray("problems")).isEmpty();
        long head = 0;
        for (JsonElement tensor : alone.getAsJsonArray("tensors")) {
            if (!tensor.getAsJsonObject().get("name").getAsString().contains("adapters")) {
                long size = 1;
                for (JsonElement length : tensor.getAsJsonObject().getAsJsonArray("shape")) {
                    size *= length.getAsLong();
                }
                head += size;
            }
        }
        assertThat(head).isPositive();
        assertThat(alone.get("trainable").getAsLong())
                .isEqualTo(based.get("trainable").getAsLong() + head);
    }

    @Test
    void inspect_vera_leavesTheFrozenMatricesOut() {
        assertThat(inspect("--adapter", Goldens.folder("hf/bert/vera"))
                        .get("trainable")
                        .getAsLong())
                .isEqualTo(203);
    }

    @Test
    void inspect_adapterOfAnotherBase_listsWhatDoesNotFit() {
        JsonObject object =
                problems("--adapter", Goldens.folder("hf/bert/lora"), "--base", Goldens.folder("hf/llama/base"));

        assertThat(object.getAsJsonArray("problems")).isNotEmpty();
        assertThat(object.get("method").getAsString()).isEqualTo("LORA");
    }

    @Test
    void inspect_brokenFiles_areProblems() throws IOException {
        Path lora = Goldens.folder("hf/bert/lora");
        Files.copy(lora.resolve("adapter_config.json"), folder.resolve("adapter_config.json"));

        JsonObject missing = problems("--adapter", folder);
        byte[] whole = Files.readAllBytes(lora.resolve("adapter_model.safetensors"));
        Files.write(folder.resolve("adapter_model.safetensors"), Arrays.copyOf(whole, whole.length / 2));
        JsonObject truncated = problems("--adapter", folder);

        for (JsonObject object : new JsonObject[] {missing, truncated}) {
            assertThat(object.get("method").getAsString()).isEqualTo("LORA");
            assertThat(object.getAsJsonArray("problems").toString()).contains("adapter_model.safetensors");
            assertThat(object.getAsJsonArray("tensors")).isEmpty();
        }
    }

    @Test
    void inspect_baseWithoutWeights_isAProblem() throws IOException {
        JsonObject whole = inspect("--base", BERT);
        Files.copy(BERT.resolve("config.json"), folder.resolve("config.json"));
        JsonObject bare = problems("--base", folder);

        assertThat(whole.getAsJsonArray("problems")).isEmpty();
        assertThat(bare.getAsJsonArray("problems")).isNotEmpty();
    }

    @Test
    void inspect_folderWithoutAnything_isAnError() {
        CommandLineRun run = CommandLineRun.of("inspect", "--adapter", folder);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("adapter_config.json");
    }
}
