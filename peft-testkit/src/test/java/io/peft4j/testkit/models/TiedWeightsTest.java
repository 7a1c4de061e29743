package io.peft4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Selection;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Output layers that are the embedding by the configuration, by the checkpoint, or by neither. */
class TiedWeightsTest {

    @TempDir
    private Path folder;

    private void copy(String model, Consumer<JsonObject> change) throws IOException {
        Path base = Goldens.folder(model + "/base");
        Files.copy(base.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        JsonObject config = PythonJson.read(base.resolve("config.json"));
        change.accept(config);
        AtomicFile.write(folder.resolve("config.json"), PythonJson.format(config));
    }

    private static float[] logits(BaseModel base, SafeTensorsFile io, NDManager manager) throws IOException {
        Map<String, NDArray> inputs = new HashMap<>();
        for (String name : new String[] {"input_ids", "attention_mask", "labels"}) {
            inputs.put(name, io.tensor(manager, name));
        }
        return Selection.none().forward(base, manager, inputs).get("logits").toFloatArray();
    }

    /** As transformers 5: what the checkpoint has counts, not what the configuration says. */
    @Test
    void load_tiedByTheConfigurationButNotInTheFile_keepsBothWeights() throws IOException {
        copy("hf/llama", config -> config.addProperty("tie_word_embeddings", true));
        SafeTensorsFile io = SafeTensorsFile.open(Goldens.folder("hf/llama").resolve("base_io.safetensors"));
        Path saved = folder.resolve("saved");
        try (BaseModel base = BaseModel.from(folder).load();
                NDManager manager = base.newManager()) {
            assertThat(base.weights().names()).contains("lm_head.weight");
            assertThat(logits(base, io, manager))
                    .containsExactly(io.tensor(manager, "logits").toFloatArray(), within(1e-5f));
            SavedModel.write(base, saved, folder);
        }
        JsonObject config = PythonJson.read(saved.resolve("config.json"));
        assertThat(config.get("tie_word_embeddings").getAsBoolean()).isFalse();
        assertThat(SafeTensorsFile.open(saved.resolve("model.safetensors")).info("lm_head.weight"))
                .isNotNull();
    }

    /** transformers 5 writes every new T5 with a tied output layer and says apart whether it is scaled. */
    @Test
    void load_tiedT5WithoutScale_computesWithTheEmbedding() throws IOException {
        copy("hf457/t5v1", config -> config.addProperty("scale_decoder_outputs", false));
        SafeTensorsFile io = SafeTensorsFile.open(Goldens.folder("hf457/t5v1").resolve("base_io.safetensors"));
        try (BaseModel base = BaseModel.from(folder).load();
                NDManager manager = base.newManager()) {
            assertThat(base.newWeights()).isEmpty();
            float[] scaled = io.tensor(manager, "logits").toFloatArray();
            float[] logits = logits(base, io, manager);
            for (int i = 0; i < scaled.length; i++) {
                assertThat(logits[i] / (float) Math.sqrt(24)).isCloseTo(scaled[i], within(1e-5f));
            }
        }
    }
}
