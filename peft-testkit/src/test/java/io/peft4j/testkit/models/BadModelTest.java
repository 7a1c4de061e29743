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
            })
    void load_configOutOfRange_saysWhich(String key, String value, String message) throws IOException {
        editConfig(config -> config.add(key, JsonParser.parseString(value)));

        assertRefused(message);
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
