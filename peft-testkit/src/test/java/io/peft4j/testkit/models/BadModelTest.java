package io.peft4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.adapter.Selection;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders and calls that cannot work, and what is said of them. */
class BadModelTest {

    private static final String QUERY = "bert.encoder.layer.1.attention.self.query.weight";

    @TempDir
    private Path folder;

    @BeforeEach
    void copy() throws IOException {
        Path base = Goldens.folder("hf/bert/base");
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(base.resolve(file), folder.resolve(file));
        }
    }

    private void edit(BiConsumer<NDManager, Map<String, NDArray>> change) throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            Map<String, NDArray> tensors = new LinkedHashMap<>();
            SafeTensorsFile old = SafeTensorsFile.open(file);
            for (TensorInfo info : old.tensors()) {
                tensors.put(info.name(), old.tensor(manager, info.name()));
            }
            change.accept(manager, tensors);
            List<NamedTensor> named = new ArrayList<>();
            tensors.forEach((name, tensor) -> named.add(new NamedTensor(
                    name, tensor.getDataType() == DataType.INT64 ? DType.INT64 : DType.FLOAT32, tensor)));
            Path edited = folder.resolve("edited");
            SafeTensorsWriter.write(edited, named, Map.of());
            Files.move(edited, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private void editConfig(Consumer<JsonObject> change) throws IOException {
        Path file = folder.resolve("config.json");
        JsonObject config = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        change.accept(config);
        Files.writeString(file, config.toString());
    }

    private void assertRefused(String... messages) {
        assertThatThrownBy(() -> BaseModel.from(folder).load().close())
                .isInstanceOfAny(IOException.class, IllegalArgumentException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(messages));
    }

    @Test
    void load_missingUnexpectedAndMisshaped_areOneError() throws IOException {
        edit((manager, tensors) -> {
            tensors.put(QUERY, manager.zeros(new Shape(3, 5)));
            tensors.put("bert.extra", manager.zeros(new Shape(1)));
            tensors.put("bert.pooler.dense.bias", manager.zeros(new Shape(24), DataType.INT64));
            tensors.remove("bert.embeddings.LayerNorm.weight");
        });

        assertRefused(
                folder.toString(),
                QUERY + " must be [24, 24]: [3, 5]",
                "bert.pooler.dense.bias must have a floating type: INT64",
                "missing [bert.embeddings.LayerNorm.weight]",
                "unexpected [bert.extra]");
    }

    @Test
    void load_truncatedFile_saysSo() throws IOException {
        Path file = folder.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 100));

        assertRefused("model.safetensors");
    }

    @Test
    void load_emptyFile_saysSo() throws IOException {
        Files.write(folder.resolve("model.safetensors"), new byte[0]);

        assertRefused("model.safetensors");
    }

    @ParameterizedTest
    @CsvSource({"config.json", "model.safetensors"})
    void load_missingFile_isNamed(String file) throws IOException {
        Files.delete(folder.resolve(file));

        assertRefused(file);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model_type          | \"alexnet\"  | model_type \"alexnet\" is not supported; on the class path are [",
                "num_attention_heads | 5            | num_attention_heads",
                "hidden_size         | -1           | hidden_size",
                "vocab_size          | \"many\"     | vocab_size",
                "hidden_act          | \"swoosh\"   | swoosh",
                "num_hidden_layers   | 0            | num_hidden_layers",
                "vocab_size          | 66           | bert.embeddings.word_embeddings.weight must be [66, 24]: [67, 24]",
                "id2label            | {\"0\": \"a\"} | classifier.weight must be [1, 24]: [3, 24]",
                "num_hidden_layers   | 3            | missing [bert.encoder.layer.2.",
                "num_hidden_layers   | 1000000000   | num_hidden_layers must be a whole number from 1 to 10000",
                "id2label            | {\"a\": \"x\"} | id2label must have a text for each number from 0 to 0: 0 is missing",
                "id2label            | {\"1\": \"a\", \"2\": \"b\"} | number from 0 to 1: 0 is missing",
                "id2label            | {\"0\": null} | id2label must have a text for each number from 0 to 0: 0 is null",
                "id2label            | [\"a\"]      | id2label must be an object: [\"a\"]",
                "architectures       | [null]       | architectures must be a list of texts: [null]",
                "problem_type        | [\"multi_label_classification\"] | problem_type must be a text: [\"multi_",
                "problem_type        | \"ranking\"  | problem_type must be one of [multi_label_classification, regression, single_",
                "eos_token_id        | \"abc\"      | eos_token_id must be the id of a token or a list of such: \"abc\"",
                "eos_token_id        | [1, 2.5]     | eos_token_id must be the id of a token or a list of such: [1,2.5]",
            })
    void load_configOutOfRange_saysWhich(String key, String value, String message) throws IOException {
        editConfig(config -> config.add(key, JsonParser.parseString(value)));

        assertRefused(message);
    }

    @ParameterizedTest
    @CsvSource({"2.5", "1000000000", "-1"})
    void load_numberOfLabelsOutOfRange_saysTheRange(String count) throws IOException {
        editConfig(config -> {
            config.remove("id2label");
            config.add("num_labels", JsonParser.parseString(count));
        });

        assertRefused("num_labels must be a whole number from 0 to 1000000: " + count);
    }

    @Test
    void load_severalWrongFields_areOneErrorThatNamesTheFile() throws IOException {
        editConfig(config -> {
            config.addProperty("hidden_size", -1);
            config.addProperty("problem_type", "ranking");
            config.addProperty("eos_token_id", "abc");
        });

        assertRefused(folder.resolve("config.json").toString(), "hidden_size", "problem_type", "eos_token_id");
    }

    @Test
    void endTokens_oneOrSeveral_areRead() throws IOException {
        editConfig(config -> config.add("eos_token_id", JsonParser.parseString("[7, 3, 7]")));
        try (BaseModel model = BaseModel.from(folder).load()) {
            assertThat(model.endTokens()).containsExactlyInAnyOrder(3, 7);
        }
        editConfig(config -> config.addProperty("eos_token_id", 5));
        try (BaseModel model = BaseModel.from(folder).load()) {
            assertThat(model.endTokens()).containsExactly(5);
        }
    }

    @Test
    void load_brokenJson_saysWhere() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": ");

        assertRefused("config.json");
    }

    @Test
    void load_headForOtherLabels_isNew() throws IOException {
        Task five = Task.sequenceClassification(List.of("a", "b", "c", "d", "e"));

        try (BaseModel model = BaseModel.from(folder).task(five).load()) {
            assertThat(model.newWeights()).containsExactly("classifier.bias", "classifier.weight");
        }
    }

    @Test
    void load_headOfAnotherClassWithTheSameNames_isNew() throws IOException {
        try (BaseModel model = BaseModel.from(folder)
                .task(Task.tokenClassification(TinyModels.LABELS))
                .load()) {
            assertThat(model.newWeights()).containsExactly("classifier.bias", "classifier.weight");
        }
    }

    @Test
    void load_headForAsManyLabels_isTheSavedOne() throws IOException {
        try (BaseModel model = BaseModel.from(folder)
                .task(Task.sequenceClassification(TinyModels.LABELS))
                .load()) {
            assertThat(model.newWeights()).isEmpty();
        }
    }

    @Test
    void load_noHead_drawsOne() throws IOException {
        edit((manager, tensors) -> tensors.keySet().removeIf(name -> name.startsWith("classifier.")));

        try (BaseModel model = BaseModel.from(folder).load()) {
            assertThat(model.newWeights()).containsExactly("classifier.bias", "classifier.weight");
        }
    }

    @Test
    void load_deviceThatIsNotThere_saysSo() {
        assertThatThrownBy(() -> BaseModel.from(folder).device(Device.gpu(99)).load())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no device gpu(99)");
    }

    @Test
    void forward_missingInput_isNamed() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                NDManager manager = base.newManager()) {
            NDArray ones = manager.ones(new Shape(1, 2), DataType.INT64);

            assertThatThrownBy(() -> Selection.none().forward(base, manager, Map.of("attention_mask", ones)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a batch needs input_ids of shape (B, T): it has [attention_mask]");
            assertThatThrownBy(() ->
                            Selection.none().forward(base, manager, Map.of("input_ids", ones, "attention_mask", ones)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the batch has no token_type_ids, only [attention_mask, input_ids]");
        }
    }

    @Test
    void forward_anyOrderOfInputs_countsTheTokensOfTheTexts() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                NDManager manager = base.newManager()) {
            Map<String, NDArray> inputs = new LinkedHashMap<>();
            inputs.put("labels", manager.zeros(new Shape(1), DataType.INT64));
            for (String name : List.of("token_type_ids", "attention_mask", "input_ids")) {
                inputs.put(name, manager.ones(new Shape(1, 2), DataType.INT64));
            }

            assertThat(Selection.none()
                            .forward(base, manager, inputs)
                            .get("logits")
                            .getShape())
                    .isEqualTo(new Shape(1, 3));
        }
    }

    @Test
    void use_closedModel_throws() {
        BaseModel base = TinyModels.bert(DType.FLOAT32);
        base.close();
        base.close();

        assertThatThrownBy(base::weights)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is closed");
        assertThatThrownBy(base::newManager).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Adapter.create(base, new FullFineTuning(), 1))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void use_closedAdapter_throws() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                NDManager manager = base.newManager()) {
            Adapter adapter = Adapter.create(base, new LinearProbe(), 1);
            Map<String, NDArray> inputs = Map.of(
                    "input_ids", manager.ones(new Shape(1, 2), DataType.INT64),
                    "attention_mask", manager.ones(new Shape(1, 2), DataType.INT64),
                    "token_type_ids", manager.zeros(new Shape(1, 2), DataType.INT64));
            Selection selection = Selection.of(adapter);
            adapter.close();
            adapter.close();

            assertThatThrownBy(() -> selection.forward(base, manager, inputs))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("the adapter is closed");
            assertThatThrownBy(() -> new TrainingStep(base, adapter, 0, 1).close())
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
