package io.peft4j.adapter;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a method is missing on the class path, as all but the core's are here, the artifact to add is named. */
class PeftMethodsTest {

    @ParameterizedTest
    @CsvSource({
        "LORA, peft-lora",
        "LORA_FA, peft-lora",
        "VERA, peft-lora",
        "IA3, peft-adapter",
        "BOTTLENECK, peft-adapter",
        "ADAPTER_FUSION, peft-adapter",
        "PREFIX_TUNING, peft-prompt",
        "ADAPTION_PROMPT, peft-prompt"
    })
    void of_methodOfAnotherArtifact_namesIt(String type, String artifact) {
        JsonObject json = new JsonObject();
        json.addProperty("peft_type", type);

        assertThatThrownBy(() -> PeftMethods.of(new ConfigFields(json, "settings")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no method for peft_type %s on the class path, only [FULL, LINEAR_PROBE, MIXTURE]; "
                                .formatted(type)
                        + "add the artifact io.peft4j:" + artifact);
    }

    @Test
    void open_folderOfAdapterHub_namesTheArtifactThatReadsIt(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{\"config\": {}, \"model_type\": \"bert\"}");

        assertThatThrownBy(() -> AdapterFolder.open(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("AdapterHub's layout")
                .hasMessageContaining("add the artifact io.peft4j:peft-adapter");
    }
}
