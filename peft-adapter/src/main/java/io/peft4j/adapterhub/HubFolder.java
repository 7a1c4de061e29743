package io.peft4j.adapterhub;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.bottleneck.LeaveOut;
import io.peft4j.bottleneck.ParameterNames;
import io.peft4j.fusion.FusionConfig;
import io.peft4j.io.PythonJson;
import io.peft4j.io.TensorFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.TaskType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An adapter in AdapterHub's files: {@code adapter_config.json} with {@code pytorch_adapter.bin} or {@code
 * adapter.safetensors}, and the head beside it.
 *
 * <p>A head that is the base model's own stays there; one that is different becomes a trained copy.
 */
final class HubFolder extends AdapterFolder {

    private static final Set<String> KNOWN = Set.of(
            "adapter_names",
            "config",
            "config_id",
            "hidden_size",
            "model_class",
            "model_name",
            "model_type",
            "name",
            "type",
            "version");

    private final Path folder;
    private final HubFiles files;
    private final JsonObject json;
    private final List<String> labels;
    private final TensorFile tensors;
    private final @Nullable TensorFile headTensors;

    private HubFolder(
            Path folder,
            HubFiles files,
            JsonObject json,
            List<String> labels,
            TensorFile tensors,
            @Nullable TensorFile headTensors) {
        this.folder = folder;
        this.files = files;
        this.json = json;
        this.labels = labels;
        this.tensors = tensors;
        this.headTensors = headTensors;
    }

    static HubFolder read(Path folder) throws IOException {
        HubFiles files = HubFiles.of(folder)
                .orElseThrow(() -> new IllegalArgumentException(folder + " is no folder of AdapterHub"));
        Path head = HubFiles.HEAD.config(folder);
        Path headFile = HubFiles.HEAD.tensors(folder).orElse(null);
        if (headFile == null && Files.exists(head)) {
            throw new IllegalArgumentException(
                    "%s describes a head, and there is no %s beside it; without it the adapter leaves the head to the base model"
                            .formatted(head, HubFiles.HEAD.bin(folder).getFileName()));
        }
        JsonObject json = PythonJson.read(files.config(folder));
        HubFields.check(json, files.config(folder));
        return new HubFolder(
                folder,
                files,
                json,
                Files.exists(head) ? HubFields.labels(PythonJson.read(head), head) : List.of(),
                TensorFile.open(files.tensors(folder).orElseThrow()),
                headFile == null ? null : TensorFile.open(headFile));
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
        if (model.endsWith("ForSequenceClassification")) {
            return Optional.of(TaskType.SEQ_CLS);
        } else if (model.endsWith("ForTokenClassification")) {
            return Optional.of(TaskType.TOKEN_CLS);
        } else if (model.endsWith("ForCausalLM") || model.endsWith("LMHeadModel")) {
            return Optional.of(TaskType.CAUSAL_LM);
        } else if (model.endsWith("ForConditionalGeneration")) {
            return Optional.of(TaskType.SEQ_2_SEQ_LM);
        }
        // AdapterHub's own classes have heads for any task, or none.
        return model.endsWith("AdapterModel") || !model.endsWith("Model")
                ? Optional.empty()
                : Optional.of(TaskType.FEATURE_EXTRACTION);
    }

    @Override
    public List<String> labels() {
        return labels;
    }

    @Override
    public List<TensorInfo> tensors() {
        List<TensorInfo> all = new ArrayList<>(tensors.tensors());
        if (headTensors != null) {
            all.addAll(headTensors.tensors());
        }
        return List.copyOf(all);
    }

    @Override
    public ConfigFields fields() {
        JsonElement config = json.get("config");
        if (config == null || !config.isJsonObject()) {
            throw new IllegalArgumentException(
                    "%s needs settings as an object under config: %s".formatted(files.config(folder), config));
        }
        return new ConfigFields(
                fields(config.getAsJsonObject()), files.config(folder).toString());
    }

    private JsonObject fields(JsonObject config) {
        try {
            return files == HubFiles.FUSION ? fusion(config) : HubConfig.read(config, text("version"));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s".formatted(files.config(folder), e.getMessage()), e);
        }
    }

    /** Adds what the names of the tensors tell: the adapters that are combined, and where. */
    private JsonObject fusion(JsonObject config) {
        JsonObject fields = config.deepCopy();
        JsonArray names = new JsonArray();
        List.of(text("name").split(",")).forEach(names::add);
        fields.addProperty("peft_type", FusionConfig.TYPE);
        fields.add("adapters", names);
        List<String> tensorNames =
                tensors.tensors().stream().map(TensorInfo::name).toList();
        fields.addProperty("attention", tensorNames.stream().anyMatch(HubNames::isAfterAttention));
        fields.addProperty("feed_forward", !tensorNames.stream().allMatch(HubNames::isAfterAttention));
        return fields;
    }

    @Override
    public PeftConfig config() {
        List<String> unknown =
                json.keySet().stream().filter(key -> !KNOWN.contains(key)).toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("%s: unknown fields %s".formatted(files.config(folder), unknown));
        }
        return super.config();
    }

    @Override
    public Adapter load(BaseModel base) throws IOException {
        return load(base, List.of());
    }

    @Override
    public Adapter load(BaseModel base, Collection<String> elsewhere) throws IOException {
        checkModel(base);
        checkName();
        PeftConfig config = config() instanceof FusionConfig fusion ? fusion.leavingOut(withoutFusion(base)) : config();
        boolean ownHead = hasOwnHead(base);
        Adapter adapter = restore(base, config, ownHead);
        try {
            HubMatch match = new HubMatch(base, adapter, name(), tensors, ownHead ? headTensors : null, elsewhere);
            match.check(folder);
            try (NDManager scratch = base.newManager()) {
                for (HubMatch.Source source : match.sources()) {
                    NDArray tensor = source.file().tensor(scratch, source.tensor());
                    NativeTensors.copy(adapter.parameter(source.parameter()), tensor);
                }
            }
            adapter.trainable().checkFinite(folder);
            return adapter;
        } catch (IOException | RuntimeException e) {
            adapter.close();
            throw e;
        }
    }

    private Adapter restore(BaseModel base, PeftConfig config, boolean ownHead) {
        List<String> modules = ownHead ? Adapter.modulesToSave(config, base) : config.modulesToSave();
        try {
            return Adapter.restore(base, name(), config, modules);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s".formatted(files.config(folder), e.getMessage()), e);
        }
    }

    /** Tensors of another name would be missing and unexpected one by one. */
    private void checkName() {
        Set<String> owners = HubNames.adapters(
                tensors.tensors().stream().map(TensorInfo::name).toList());
        String start = name().split("\\.", 2)[0];
        if (!owners.isEmpty() && !owners.contains(start)) {
            throw new IllegalArgumentException("%s: name must be that of the tensors in %s, of %s: %s"
                    .formatted(files.config(folder), files.tensors(folder).orElseThrow(), owners, json.get("name")));
        }
    }

    /** Returns the layers that no tensor of a fusion belongs to; settings do not say which. */
    private LeaveOut withoutFusion(BaseModel base) {
        String prefix = base.architecture().basePrefix() + ".";
        List<String> names = tensors.tensors().stream()
                .map(info -> HubNames.rooted(HubNames.current(info.name()), prefix, ParameterNames.root(base)))
                .toList();
        Set<Integer> without = new TreeSet<>();
        Set<Integer> with = new TreeSet<>();
        for (SublayerSite site : HubPlaces.of(base).sublayers()) {
            String start = site.path() + "." + ParameterNames.ofFusion(site);
            (names.stream().anyMatch(name -> name.startsWith(start)) ? with : without).add(site.layer());
        }
        without.removeAll(with);
        return new LeaveOut(List.copyOf(without));
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
        if (headTensors == null || base.task().type() == TaskType.FEATURE_EXTRACTION) {
            return false;
        }
        // Where the model itself is the base model, its head's files repeat what the adapter has.
        Set<String> adapters = tensors.tensors().stream().map(TensorInfo::name).collect(Collectors.toSet());
        List<String> unknown = new ArrayList<>();
        boolean own = false;
        try (NDManager scratch = base.newManager()) {
            for (TensorInfo info : headTensors.tensors()) {
                float[] values = NativeTensors.toFloats(headTensors.tensor(scratch, info.name()));
                if (base.weights().names().contains(info.name())) {
                    own |= !Arrays.equals(
                            values, NativeTensors.toFloats(base.weights().get(info.name())));
                } else if (!adapters.contains(info.name()) && !isTied(base, values)) {
                    unknown.add(info.name());
                }
            }
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s has a head that the model for %s has no place for, with %s; without the files of the head its adapter can be loaded"
                            .formatted(folder, base.task().type(), unknown));
        }
        return own;
    }

    /** Returns whether values are those of some weight, such as the embeddings that an output layer is tied to. */
    private static boolean isTied(BaseModel base, float[] values) {
        return base.weights().names().stream()
                .map(name -> base.weights().get(name))
                .anyMatch(weight ->
                        weight.size() == values.length && Arrays.equals(values, NativeTensors.toFloats(weight)));
    }

    private String text(String key) {
        JsonElement value = json.get(key);
        return value == null || value.isJsonNull() ? "" : value.getAsString();
    }
}
