package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.Provenance;
import io.peft4j.adapter.Selection;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TargetModules;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What adapter folders say and what is wrong with them. */
class LoraFilesTest {

    @TempDir
    private Path folder;

    /** PEFT repeats the classifier's bias under two more names, and keeps all others under their own. */
    @Test
    void load_allBiasesOfPeft_computesItsLogits() throws IOException {
        Path source = Goldens.folder("hf/bert/lora_bias_all");
        new GoldenLogits(source).assertGivenBy(source);
    }

    /** GPT-2's files hold its linears as [in, out], all but the output layer; PEFT says so of the last one it adapts. */
    @ParameterizedTest
    @CsvSource({
        "hf/gpt2, c_attn, true",
        "hf/gpt2, 'c_attn,lm_head', false",
        "hf/gpt2, wte, false",
        "hf/llama, q_proj, false"
    })
    void save_linearsThatFilesTurn_areMarkedAsPeftDoes(String model, String targets, boolean turned)
            throws IOException {
        LoraConfig config = LoraConfig.builder(TargetModules.of(List.of(targets.split(","))))
                .rank(2)
                .build();
        try (BaseModel base = BaseModel.from(Goldens.folder(model + "/base")).load();
                Adapter adapter = Adapter.create(base, config, 1)) {
            AdapterFolder.save(adapter, base, folder);
            Path settings = folder.resolve("adapter_config.json");
            JsonObject json = PythonJson.read(settings);

            assertThat(json.get("fan_in_fan_out").getAsBoolean()).isEqualTo(turned);
            json.addProperty("fan_in_fan_out", !turned); // PEFT corrects it while loading, too.
            AtomicFile.write(settings, PythonJson.format(json));
            try (Adapter again = AdapterFolder.open(folder).load(base)) {
                assertThat(again.trainable().flat().toFloatArray())
                        .isEqualTo(adapter.trainable().flat().toFloatArray());
            }
        }
    }

    /** The names are those that PEFT gives to the same settings. */
    @Test
    void load_excludedExpressionAndLayersPattern_takesThePlacesOfPeft() throws IOException {
        String settings =
                """
                {"peft_type": "LORA", "r": 2, "target_modules": ["dense", "query"],
                 "exclude_modules": ".*(intermediate|pooler).*", "layers_to_transform": [1],
                 "layers_pattern": ["blocks", "layer"]}""";
        LoraMethod method = new LoraMethod();
        LoraConfig config =
                method.read(new ConfigFields(JsonParser.parseString(settings).getAsJsonObject(), "settings"));
        JsonObject written = method.write(config);
        assertThat(written.get("exclude_modules").getAsString()).isEqualTo(".*(intermediate|pooler).*");
        assertThat(written.get("layers_pattern")).hasToString("[\"blocks\",\"layer\"]");
        assertThat(method.read(new ConfigFields(written, "written"))).isEqualTo(config);
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.createWithoutHead(base, config, 1)) {
            assertThat(adapter.trainable().names())
                    .filteredOn(name -> name.endsWith("lora_A.weight"))
                    .extracting(name -> name.substring(name.indexOf("encoder.")))
                    .containsExactlyInAnyOrder(
                            "encoder.layer.1.attention.output.dense.lora_A.weight",
                            "encoder.layer.1.attention.self.query.lora_A.weight",
                            "encoder.layer.1.output.dense.lora_A.weight");
        }
    }

    @Test
    void save_anyAdapter_writesACardThatHubsRead() throws IOException {
        saved(LoraConfig.builder("query").build());
        assertThat(Files.readString(folder.resolve("README.md")))
                .startsWith("---\nbase_model: random\nlibrary_name: peft\ntags:\n- base_model:adapter:random\n- lora\n")
                .contains("trainable params: 843")
                .endsWith("- PEFT 0.21.0");
    }

    @Test
    void save_whereACardIs_leavesIt() throws IOException {
        Files.writeString(folder.resolve("README.md"), "mine");
        saved(LoraConfig.builder("query").build());
        assertThat(folder.resolve("README.md")).hasContent("mine");
    }

    @Test
    void provenance_writtenBesideTheFiles_isReadAndDoesNotDisturb() throws IOException {
        Provenance provenance = new Provenance(7, "sha256:ab", Map.of("djl", "0.36.0"), Map.of("accuracy", 0.9));
        saved(LoraConfig.builder("query").build());
        assertThat(Provenance.read(folder)).isEmpty();
        provenance.write(folder);
        assertThat(Provenance.read(folder)).contains(provenance);
        assertThat(AdapterFolder.open(folder).labels()).isEqualTo(TinyModels.LABELS);
    }

    /** Files of the first versions of PEFT have a handful of fields. */
    @Test
    void read_oldFields_takesDefaultsForTheRest() throws IOException {
        saved(LoraConfig.builder("query").alpha(16).build());
        rewrite(json -> {
            for (String key : json.deepCopy().keySet()) {
                if (!java.util.Set.of("peft_type", "task_type", "r", "lora_alpha", "target_modules")
                        .contains(key)) {
                    json.remove(key);
                }
            }
            json.addProperty("base_model_name_or_path", "bert");
            json.addProperty("inference_mode", true);
        });
        assertThat(AdapterFolder.open(folder).config())
                .isEqualTo(LoraConfig.builder("query").alpha(16).build());
    }

    @Test
    void read_severalWrongFields_namesThemAll() throws IOException {
        saved(LoraConfig.builder("query").build());
        rewrite(json -> {
            json.addProperty("r", 0);
            json.addProperty("bias", "some");
            json.addProperty("init_lora_weights", "pissa_niter_0");
            json.addProperty("use_qalora", true);
        });
        assertThatThrownBy(() -> AdapterFolder.open(folder).config())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("r must be a whole number of at least 1 and less than 2^31: 0")
                .hasMessageContaining("bias must be one of [\"none\", \"lora_only\", \"all\"]: \"some\"")
                .hasMessageContaining("pissa_niter_0")
                .hasMessageContaining("use_qalora is not supported");
    }

    @Test
    void load_wholeNumbers_areNoParameters() throws IOException {
        saved(LoraConfig.builder("query").build());
        Path file = folder.resolve("adapter_model.safetensors");
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        Files.writeString(file, bytes.replace("\"F32\"", "\"I32\""), StandardCharsets.ISO_8859_1);

        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("query.lora_A.weight must have a floating type: INT32");
        }
    }

    @Test
    void load_adapterOfAnotherArchitecture_namesTheNearestModules() throws IOException {
        Path source = Goldens.folder("hf/distilbert/lora");
        try (BaseModel base = BaseModel.from(Goldens.folder("hf/bert/base")).load()) {
            assertThatThrownBy(() -> AdapterFolder.open(source).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no module matches")
                    .hasMessageContaining("q_lin");
        }
    }

    /** A base of another width and with one layer less: every shape and every tensor that has no place is told. */
    @Test
    void load_adapterOfAnotherBase_listsShapesAndNearestNames() throws IOException {
        Path source = Goldens.folder("hf/bert/lora");
        String narrower =
                """
                {"model_type": "bert", "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1,
                 "num_attention_heads": 2, "intermediate_size": 40, "max_position_embeddings": 40}""";
        String a = "base_model.model.bert.encoder.layer.%d.attention.self.%s.lora_A.weight";
        try (BaseModel base =
                TinyModels.random(Task.sequenceClassification(TinyModels.LABELS), DType.FLOAT32, narrower)) {
            assertThatThrownBy(() -> AdapterFolder.open(source).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("does not fit the base model")
                    .hasMessageContaining(a.formatted(0, "query") + " must be [4, 16]: [4, 24]")
                    .hasMessageContaining(a.formatted(0, "value") + " must be [4, 16]: [4, 24]")
                    .hasMessageContaining("base_model.model.classifier.weight must be [3, 16]: [3, 24]")
                    .hasMessageContaining(
                            "unexpected %s, nearest is %s".formatted(a.formatted(1, "query"), a.formatted(0, "query")));
        }
    }

    /** PEFT's own folder, read and saved: the same tensors under the same names, and the same settings. */
    @ParameterizedTest
    @ValueSource(strings = {"lora_bias_all", "lora_bias", "lora_b_bias", "lora_tokens", "adalora", "adalora/trained"})
    void save_whatWasRead_isPeftsFolderAgain(String name) throws IOException {
        Path source = Goldens.folder("hf/bert/" + name);
        Path copy = folder.resolve("copy");
        try (BaseModel base = BaseModel.from(Goldens.folder("hf/bert/base")).load();
                Adapter adapter = AdapterFolder.open(source).load(base)) {
            AdapterFolder.save(adapter, base, copy);
        }
        assertThat(copy.resolve("adapter_model.safetensors"))
                .hasSameBinaryContentAs(source.resolve("adapter_model.safetensors"));
        assertThat(withoutOrder(copy)).isEqualTo(withoutOrder(source));
    }

    /** The base model keeps the name and the revision that the adapter knows it by, wherever its weights lie. */
    @Test
    void save_whatWasRead_keepsBaseModelAndRevision() throws IOException {
        saved(LoraConfig.builder("query").build());
        rewrite(json -> {
            json.addProperty("base_model_name_or_path", "google-bert/bert-base-uncased");
            json.addProperty("revision", "86b5e09");
        });
        Path copy = folder.resolve("copy");
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = AdapterFolder.open(folder).load(base)) {
            AdapterFolder.save(adapter, base, copy);
        }
        JsonObject json = PythonJson.read(copy.resolve("adapter_config.json"));
        assertThat(json.get("base_model_name_or_path").getAsString()).isEqualTo("google-bert/bert-base-uncased");
        assertThat(json.get("revision").getAsString()).isEqualTo("86b5e09");
        assertThat(copy.resolve("README.md")).content().contains("base_model: google-bert/bert-base-uncased");
    }

    /** What PiSSA drew is in no file of PEFT, so such a file is refused and our own is an ordinary LoRA. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void save_randomizedPissa_isAnOrdinaryLoraThatComputesTheSame(boolean stabilized) throws IOException {
        LoraConfig config = LoraConfig.builder("query", "value")
                .rank(4)
                .alpha(6)
                .patterns(Map.of("value", 3), Map.of("value", 5.0))
                .scaling(stabilized ? LoraScaling.RANK_STABILIZED : LoraScaling.STANDARD)
                .init(LoraInit.pissa(4))
                .build();
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, config, 1);
                NDManager manager = base.newManager()) {
            NDArray flat = adapter.trainable().flat();
            float[] fresh = logits(base, Selection.of(adapter));
            assertThat(fresh).containsExactly(logits(base, Selection.none()), within(2e-5f));
            NDArray noise = NativeTensors.normal(manager, DType.FLOAT32, 3, 0.1, flat.size());
            NativeTensors.copy(flat, NativeTensors.add(manager, flat, noise));
            AdapterFolder.save(adapter, base, folder);
            try (Adapter read = AdapterFolder.open(folder).load(base)) {
                assertThat(((LoraConfig) read.config()).init()).isEqualTo(LoraInit.KAIMING);
                assertThat(logits(base, Selection.of(read)))
                        .containsExactly(logits(base, Selection.of(adapter)), within(2e-5f))
                        .isNotEqualTo(fresh);
            }
            rewrite(json -> json.addProperty("init_lora_weights", "pissa_niter_4"));
            assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("\"pissa_niter_4\" drew the part of the weight");
        }
    }

    private static float[] logits(BaseModel base, Selection selection) {
        List<Example> examples = List.of(Example.of(new int[] {4, 8, 15, 16, 23, 42}, new int[6], 0));
        return new Inference(base, new BatchSampler(8, 0)).rows(selection, examples, "logits")[0];
    }

    private void saved(LoraConfig config) throws IOException {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, config, 1)) {
            AdapterFolder.save(adapter, base, folder);
        }
    }

    /** Returns the settings; lists of modules are sets in PEFT, which repeats entries and keeps no order. */
    private static JsonObject withoutOrder(Path adapter) throws IOException {
        JsonObject json = PythonJson.read(adapter.resolve("adapter_config.json"));
        for (String key : List.of("target_modules", "modules_to_save")) {
            String sorted = json.getAsJsonArray(key).asList().stream()
                    .map(JsonElement::getAsString)
                    .filter(module -> !module.equals("score"))
                    .distinct()
                    .sorted()
                    .toList()
                    .toString();
            json.addProperty(key, sorted);
        }
        return json;
    }

    private void rewrite(Consumer<JsonObject> change) throws IOException {
        Path file = folder.resolve("adapter_config.json");
        JsonObject json = PythonJson.read(file);
        change.accept(json);
        AtomicFile.write(file, PythonJson.format(json));
    }
}
