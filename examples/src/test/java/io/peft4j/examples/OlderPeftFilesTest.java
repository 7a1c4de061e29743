package io.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.parity.ParityReport;
import io.peft4j.parity.ParityRun;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Adapter folders of PEFT 0.2 to 0.20: their settings have the fields that their version knew, as its source has them.
 *
 * <p>Names of tensors have been the same all the time.
 */
class OlderPeftFilesTest {

    /** In which minor version a field came; those that are not here were there with the method. */
    private static final Map<String, Integer> SINCE = Map.ofEntries(
            Map.entry("init_lora_weights", 3),
            Map.entry("auto_mapping", 4),
            Map.entry("revision", 4),
            Map.entry("layers_to_transform", 4),
            Map.entry("layers_pattern", 4),
            Map.entry("alpha_pattern", 6),
            Map.entry("rank_pattern", 6),
            Map.entry("megatron_config", 7),
            Map.entry("megatron_core", 7),
            Map.entry("loftq_config", 7),
            Map.entry("tokenizer_kwargs", 7),
            Map.entry("use_rslora", 8),
            Map.entry("use_dora", 9),
            Map.entry("layer_replication", 10),
            Map.entry("exclude_modules", 14),
            Map.entry("eva_config", 14),
            Map.entry("lora_bias", 14),
            Map.entry("rank_dropout_scale", 14),
            Map.entry("trainable_token_indices", 15),
            Map.entry("corda_config", 15),
            Map.entry("use_qalora", 16),
            Map.entry("qalora_group_size", 16),
            Map.entry("target_parameters", 17),
            Map.entry("peft_version", 18),
            Map.entry("alora_invocation_tokens", 18),
            Map.entry("arrow_config", 18),
            Map.entry("ensure_weight_tying", 18),
            Map.entry("lora_ga_config", 19),
            Map.entry("use_bdlora", 19),
            Map.entry("velora_config", 20),
            Map.entry("monteclora_config", 20),
            Map.entry("kasa_config", 21));

    private static final Set<String> PROMPTS = Set.of("PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "lora, 2",
        "lora, 3",
        "lora, 4",
        "lora_bias, 4",
        "lora_emb, 5",
        "lora_pattern, 6",
        "lora, 7",
        "lora_all, 8",
        "dora, 9",
        "lora, 10",
        "pissa, 11",
        "olora, 12",
        "lora, 14",
        "lora_tokens, 15",
        "lora, 17",
        "lora, 18",
        "lora, 20",
        "adalora, 6",
        "ia3, 4",
        "loha, 6",
        "lokr, 6",
        "vera, 11",
        "prompt, 2",
        "prompt, 17",
        "prefix, 2",
        "prefix_proj, 18",
        "ptuning, 2",
        "multitask, 6"
    })
    void load_filesOfAnOlderVersion_computesTheSame(String name, int version) throws IOException {
        Path golden = Goldens.folder("hf/bert/" + name);
        write(golden, settings(golden, version));
        try (BaseModel base = BaseModel.from(golden.resolveSibling("base")).load();
                Adapter adapter =
                        ParityRun.adapter(AdapterFolder.open(folder), base, golden.resolve("io.safetensors"))) {
            ParityReport report = ParityRun.run(
                    base,
                    Map.of(adapter.name(), adapter),
                    golden.resolve("io.safetensors"),
                    new ParityRun.Steps(3, 1e-2, 0.1, 1),
                    1e-4,
                    Optional.empty());
            assertThat(report.passes()).as(report.toString()).isTrue();
        }
    }

    /** PEFT 0.2 could adapt parts of a joined layer, and files of such adapters have other shapes. */
    @Test
    void load_partsOfAJoinedLayer_namesTheField() throws IOException {
        Path golden = Goldens.folder("hf/bert/lora");
        JsonObject settings = settings(golden, 2);
        settings.add(
                "enable_lora",
                PythonJson.read(golden.resolve("adapter_config.json")).get("target_modules"));
        write(golden, settings);
        try (BaseModel base = BaseModel.from(golden.resolveSibling("base")).load()) {
            assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                    .hasMessageContaining("enable_lora is not supported")
                    .hasMessageContaining(folder.toString());
        }
    }

    /** It said whether weights are merged for inference, which changes no number. */
    @Test
    void load_mergedForInference_isNoError() throws IOException {
        Path golden = Goldens.folder("hf/bert/lora");
        JsonObject settings = settings(golden, 3);
        settings.addProperty("merge_weights", true);
        write(golden, settings);

        assertThat(AdapterFolder.open(folder).config())
                .isEqualTo(AdapterFolder.open(golden).config());
    }

    /** Newer versions refuse to train such an AdaLoRA, too. */
    @Test
    void load_adaLoraWithoutAnEnd_namesTheField() throws IOException {
        Path golden = Goldens.folder("hf/bert/adalora");
        JsonObject settings = settings(golden, 6);
        settings.add("total_step", JsonNull.INSTANCE);
        write(golden, settings);
        try (BaseModel base = BaseModel.from(golden.resolveSibling("base")).load()) {
            assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                    .hasMessageContaining("total_step is missing");
        }
    }

    private static JsonObject settings(Path golden, int version) throws IOException {
        JsonObject settings = PythonJson.read(golden.resolve("adapter_config.json"));
        SINCE.forEach((field, since) -> {
            if (since > version) {
                settings.remove(field);
            }
        });
        String type = settings.get("peft_type").getAsString();
        if (type.equals("LORA") && version == 2) {
            settings.addProperty("merge_weights", false);
            settings.add("enable_lora", JsonNull.INSTANCE);
            settings.add("modules_to_save", JsonNull.INSTANCE);
        }
        if (PROMPTS.contains(type) && version < 17) {
            settings.remove("modules_to_save");
        }
        if (type.equals("PREFIX_TUNING") && version < 19) {
            settings.remove("init_weights");
        }
        return settings;
    }

    private void write(Path golden, JsonObject settings) throws IOException {
        Files.copy(golden.resolve("adapter_model.safetensors"), folder.resolve("adapter_model.safetensors"));
        AtomicFile.write(folder.resolve("adapter_config.json"), PythonJson.format(settings));
    }
}
