package io.peft4j.bottleneck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.io.PythonJson;
import io.peft4j.io.TensorFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TaskType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An adapter in AdapterHub's files: {@code adapter_config.json} with {@code pytorch_adapter.bin} or {@code
 * adapter.safetensors}, and the head beside it.
 *
 * <p>A head that is the base model's own stays there; one that is different becomes a trained copy.
 */
final class HubFolder extends AdapterFolder {

    static final String CONFIG = "adapter_config.json";
    static final String BIN = "pytorch_adapter.bin";
    static final String SAFE_TENSORS = "adapter.safetensors";
    static final String HEAD_CONFIG = "head_config.json";
    static final String HEAD_BIN = "pytorch_model_head.bin";
    static final String HEAD_SAFE_TENSORS = "model_head.safetensors";

    private static final Set<String> KNOWN = Set.of(
            "config", "config_id", "hidden_size", "model_class", "model_name", "model_type", "name", "type", "version");

    private final Path folder;
    private final JsonObject json;
    private final JsonObject head;
    private final TensorFile tensors;
    private final @Nullable TensorFile headTensors;

    private HubFolder(
            Path folder, JsonObject json, JsonObject head, TensorFile tensors, @Nullable TensorFile headTensors) {
        this.folder = folder;
        this.json = json;
        this.head = head;
        this.tensors = tensors;
        this.headTensors = headTensors;
    }

    static HubFolder read(Path folder) throws IOException {
        Path head = folder.resolve(HEAD_CONFIG);
        Path headFile = existing(folder, HEAD_SAFE_TENSORS, HEAD_BIN);
        return new HubFolder(
                folder,
                PythonJson.read(folder.resolve(CONFIG)),
                Files.exists(head) ? PythonJson.read(head) : new JsonObject(),
                TensorFile.open(existing(folder, SAFE_TENSORS, BIN)),
                Files.exists(headFile) ? TensorFile.open(headFile) : null);
    }

    private static Path existing(Path folder, String first, String second) {
        Path path = folder.resolve(first);
        return Files.exists(path) ? path : folder.resolve(second);
    }

    /** Returns the adapter's name. */
    String name() {
        return text("name").isEmpty() ? Adapter.DEFAULT_NAME : text("name");
    }

    @Override
    public String peftType() {
        return config().peftType();
    }

    @Override
    public String baseModel() {
        return text("model_name");
    }

    @Override
    public Optional<TaskType> taskType() {
        String model = text("model_class");
        return Arrays.stream(TaskType.values())
                .filter(type -> model.endsWith(
                        switch (type) {
                            case SEQ_CLS -> "ForSequenceClassification";
                            case TOKEN_CLS -> "ForTokenClassification";
                            case CAUSAL_LM -> "ForCausalLM";
                            case SEQ_2_SEQ_LM -> "ForConditionalGeneration";
                            default -> "Model";
                        }))
                .findFirst();
    }

    @Override
    public List<String> labels() {
        Map<Integer, String> labels = new TreeMap<>();
        JsonElement ids = head.get("label2id");
        if (ids != null && ids.isJsonObject()) {
            ids.getAsJsonObject().asMap().forEach((label, id) -> labels.put(id.getAsInt(), label));
        }
        return List.copyOf(labels.values());
    }

    @Override
    public List<TensorInfo> tensors() {
        return tensors.tensors();
    }

    @Override
    public ConfigFields fields() {
        JsonElement config = json.get("config");
        if (config == null || !config.isJsonObject()) {
            throw new IllegalArgumentException(
                    "%s needs settings as an object under config: %s".formatted(folder.resolve(CONFIG), config));
        }
        return new ConfigFields(
                HubConfig.read(config.getAsJsonObject(), text("version")),
                folder.resolve(CONFIG).toString());
    }

    @Override
    public PeftConfig config() {
        List<String> unknown =
                json.keySet().stream().filter(key -> !KNOWN.contains(key)).toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("%s: unknown fields %s".formatted(folder.resolve(CONFIG), unknown));
        }
        return super.config();
    }

    @Override
    public Adapter load(BaseModel base) throws IOException {
        PeftConfig config = config();
        checkModel(base);
        boolean ownHead = hasOwnHead(base);
        Adapter adapter =
                ownHead ? Adapter.create(base, name(), config, 0) : Adapter.createWithoutHead(base, name(), config, 0);
        try {
            HubMatch match = new HubMatch(base, adapter, name(), tensors, ownHead ? headTensors : null);
            match.check(folder);
            try (NDManager scratch = base.newManager()) {
                for (HubMatch.Source source : match.sources()) {
                    NDArray tensor = source.file().tensor(scratch, source.tensor());
                    NativeTensors.copy(adapter.parameter(source.parameter()), tensor);
                }
            }
            return adapter;
        } catch (IOException | RuntimeException e) {
            adapter.close();
            throw e;
        }
    }

    private void checkModel(BaseModel base) {
        String model = base.config().has("model_type")
                ? base.config().get("model_type").getAsString()
                : "";
        String own = text("model_type");
        JsonElement width = json.get("hidden_size");
        long expected = HubWriter.width(base);
        boolean typed = own.isEmpty() || model.isEmpty() || own.equals(model);
        boolean wide = width == null || width.isJsonNull() || width.getAsLong() == expected;
        if (!typed || !wide) {
            throw new IllegalArgumentException("%s is for a %s of width %s, and the base model %s is a %s of width %d"
                    .formatted(folder, own, width, base.name(), model, expected));
        }
    }

    /** Returns whether the head in the folder is for this task and is another than the base model's. */
    private boolean hasOwnHead(BaseModel base) throws IOException {
        if (headTensors == null
                || headTensors.tensors().stream()
                        .anyMatch(info -> !base.weights().names().contains(info.name()))) {
            return false;
        }
        try (NDManager scratch = base.newManager()) {
            for (TensorInfo info : headTensors.tensors()) {
                float[] own = NativeTensors.toFloats(headTensors.tensor(scratch, info.name()));
                if (!Arrays.equals(own, NativeTensors.toFloats(base.weights().get(info.name())))) {
                    return true;
                }
            }
        }
        return false;
    }

    private String text(String key) {
        JsonElement value = json.get(key);
        return value == null || value.isJsonNull() ? "" : value.getAsString();
    }
}
