package io.peft4j.adapterhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.bitfit.BitFit;
import io.peft4j.bottleneck.BottleneckConfig;
import io.peft4j.fusion.FusionConfig;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.TensorFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.io.TorchFileWriter;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AdapterHub's folders that are old, bare or wrong. */
class HubFolderTest {

    private static final Path CASE = Goldens.folder("adapterhub/bert/seq_bn");

    @TempDir
    private Path folder;

    private BaseModel base;
    private NDManager manager;

    @BeforeEach
    void load() throws IOException {
        base = BaseModel.from(CASE.resolveSibling("base")).load();
        manager = base.newManager();
    }

    @AfterEach
    void close() {
        manager.close();
        base.close();
    }

    @Test
    void load_namesOfOldVersionsAndNoPrefix_areUnderstood() throws IOException {
        settings(json -> {});
        tensors(name -> name.replace(".adapters.", ".layer_text_task_adapters.").replaceFirst("^bert\\.", ""));
        try (Adapter adapter = AdapterFolder.open(folder).load(base);
                Adapter expected = AdapterFolder.open(CASE).load(base)) {
            assertThat(adapter.trainable().flat().toFloatArray())
                    .containsExactly(expected.trainable().flat().toFloatArray());
        }
    }

    /** A folder holds the adapter that was saved last, whatever was there before. */
    @Test
    void save_overAnotherAdapter_leavesNothingOfIt() throws IOException {
        List<PeftConfig> configs = List.of(bottleneck(), new FullFineTuning(), fusion(), new BitFit());
        try (Adapter withHead = Adapter.create(base, "task", BottleneckConfig.parallel(), 1)) {
            AdapterFolder.save(withHead, base, folder);
            assertThat(folder.resolve("head_config.json")).exists();
        }
        for (PeftConfig config : configs) {
            try (Adapter adapter = Adapter.createWithoutHead(base, "task", config, 1)) {
                AdapterFolder.save(adapter, base, folder);
                try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
                    assertThat(loaded.config()).isEqualTo(config);
                    assertThat(loaded.trainable().flat().toFloatArray())
                            .containsExactly(adapter.trainable().flat().toFloatArray());
                }
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("adapter_model.safetensors")
                    .noneMatch(name -> name.contains("pytorch") || name.contains("fusion") || name.contains("head"));
        }
    }

    private static BottleneckConfig bottleneck() {
        return BottleneckConfig.pfeiffer().toBuilder().reductionFactor(12).build();
    }

    private FusionConfig fusion() {
        try (Adapter a = Adapter.create(base, "a", bottleneck(), 1);
                Adapter b = Adapter.create(base, "b", bottleneck(), 2)) {
            return FusionConfig.dynamic(a, b);
        }
    }

    @Test
    void load_tensorsThatDoNotFit_areListedTogether() throws IOException {
        settings(json -> json.getAsJsonObject("config").addProperty("reduction_factor", 8));
        tensors(name ->
                name.replace("layer.1.output.adapters.task.adapter_up.bias", "layer.1.output.adapters.task.up.bias"));
        assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "missing bert.encoder.layer.1.output.adapters.task.adapter_up.bias",
                        "unexpected bert.encoder.layer.1.output.adapters.task.up.bias",
                        "adapter_down.0.weight must be [3, 24]: [6, 24]");
    }

    @Test
    void load_otherWidthTypeOrFields_areRefused() throws IOException {
        tensors(name -> name);
        settings(json -> json.addProperty("hidden_size", 768));
        assertThatThrownBy(() -> AdapterFolder.open(folder).load(base)).hasMessageContaining("width 768");
        settings(json -> json.addProperty("model_type", "roberta"));
        assertThatThrownBy(() -> AdapterFolder.open(folder).load(base)).hasMessageContaining("is for a roberta");
        settings(json -> json.addProperty("magic", 1));
        assertThatThrownBy(() -> AdapterFolder.open(folder).load(base)).hasMessageContaining("unknown fields [magic]");
        settings(json -> json.getAsJsonObject("config").addProperty("architecture", "reft"));
        assertThatThrownBy(() -> AdapterFolder.open(folder).load(base)).hasMessageContaining("architecture reft");
    }

    @Test
    void load_headOfAnAdapterModel_isRefusedByName() throws IOException {
        tensors(name -> name);
        settings(json -> {});
        try (NDManager scratch = manager.newSubManager()) {
            NamedTensor head = new NamedTensor(
                    "heads.task.1.weight",
                    io.peft4j.program.DType.FLOAT32,
                    scratch.ones(new ai.djl.ndarray.types.Shape(2)));
            TorchFileWriter.write(HubFiles.HEAD.bin(folder), List.of(head));
        }
        assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("heads.task.1.weight");
    }

    private void settings(Consumer<JsonObject> change) throws IOException {
        JsonObject json = PythonJson.read(HubFiles.ADAPTER.config(CASE));
        change.accept(json);
        Files.createDirectories(folder);
        AtomicFile.write(HubFiles.ADAPTER.config(folder), PythonJson.format(json));
    }

    private void tensors(UnaryOperator<String> rename) throws IOException {
        TensorFile file = TensorFile.open(HubFiles.ADAPTER.bin(CASE));
        List<NamedTensor> tensors = new ArrayList<>();
        for (TensorInfo info : file.tensors()) {
            tensors.add(new NamedTensor(rename.apply(info.name()), info.dtype(), file.tensor(manager, info.name())));
        }
        TorchFileWriter.write(HubFiles.ADAPTER.bin(folder), tensors);
    }
}
