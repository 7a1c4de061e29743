package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.model.NoMatchingModuleException;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An adapter in the files of Hugging Face PEFT: {@code adapter_config.json} and {@code adapter_model.safetensors}, or
 * {@code adapter_model.bin} where there is only that.
 *
 * <p>What PEFT has no place for, such as the names of labels, is in {@code peft4j.json}, which PEFT does not read.
 */
final class PeftFolder extends AdapterFolder {

    private static final String CONFIG = "adapter_config.json";
    private static final String TENSORS = "adapter_model.safetensors";
    private static final String PICKLED = "adapter_model.bin";
    private static final String EXTRAS = Provenance.FILE;
    private static final String PROBLEM = "problem_type";
    private static final String TRANSPOSED = "fan_in_fan_out";
    private static final String ENCODER = "peft4j_encoder.safetensors";

    /** All that is read of some folder beside {@link #CONFIG}, but for what every save replaces. */
    static final Set<String> FILES = Set.of(TENSORS, PICKLED, ENCODER);

    static final String PEFT_VERSION = "0.21.0";
    private static final int LISTED = 20;
    private static final String BIAS = ".bias";
    private static final String COPY = ".modules_to_save.bias";
    private static final String ORIGINAL = ".original_module.bias";

    private final Path folder;
    private final JsonObject json;
    private final JsonObject extras;
    private final TensorFile tensors;

    private PeftFolder(Path folder, JsonObject json, JsonObject extras, TensorFile tensors) {
        this.folder = folder;
        this.json = json;
        this.extras = extras;
        this.tensors = tensors;
    }

    /** Opens a folder: reads the settings and the header of the tensors. */
    static PeftFolder read(Path folder) throws IOException {
        Path extras = folder.resolve(EXTRAS);
        JsonObject json = PythonJson.read(folder.resolve(CONFIG));
        if (!json.has("peft_type") && json.has("config")) {
            throw new IllegalArgumentException(
                    "%s is in AdapterHub's layout, %s".formatted(folder, AdapterFolder.unread()));
        }
        return new PeftFolder(
                folder,
                json,
                Files.exists(extras) ? PythonJson.read(extras) : new JsonObject(),
                TensorFile.open(tensorFile(folder)));
    }

    /** Returns the file of tensors, of which safetensors comes first where there are both. */
    private static Path tensorFile(Path folder) {
        Path pickled = folder.resolve(PICKLED);
        return Files.exists(folder.resolve(TENSORS)) || !Files.exists(pickled) ? folder.resolve(TENSORS) : pickled;
    }

    @Override
    public String peftType() {
        return fields().text("peft_type", "");
    }

    @Override
    public String baseModel() {
        return fields().text("base_model_name_or_path", "");
    }

    @Override
    public Optional<TaskType> taskType() {
        String name = fields().text("task_type", "");
        return name.isEmpty() ? Optional.empty() : Optional.of(TaskType.of(name));
    }

    @Override
    public List<String> labels() {
        return new ConfigFields(extras, EXTRAS).texts("labels");
    }

    @Override
    public Optional<Task.Problem> problem() {
        String saved = new ConfigFields(extras, EXTRAS).text(PROBLEM, "");
        return Arrays.stream(Task.Problem.values())
                .filter(problem -> problem.fileName().equals(saved))
                .findFirst();
    }

    @Override
    public List<TensorInfo> tensors() {
        return tensors.tensors();
    }

    @Override
    public ConfigFields fields() {
        return new ConfigFields(json, folder.resolve(CONFIG).toString());
    }

    @Override
    public Adapter load(BaseModel base) throws IOException {
        ConfigFields fields = fields();
        PeftMethod<?> method = PeftMethods.of(fields);
        method.checkBase(fields(), base);
        checkProblem(base.task());
        return load(base, method, fields);
    }

    /** A head that was trained for one meaning of the logits must not be read with another. */
    private void checkProblem(Task task) {
        String saved = new ConfigFields(extras, EXTRAS).text(PROBLEM, "");
        if (task.type() == TaskType.SEQ_CLS
                && !saved.isEmpty()
                && !saved.equals(task.problem().fileName())) {
            throw new IllegalArgumentException(
                    "%s was trained for %s (%s of %s), and the base model was loaded for %s; load it for the same"
                            .formatted(
                                    folder,
                                    saved,
                                    PROBLEM,
                                    EXTRAS,
                                    task.problem().fileName()));
        }
    }

    private <C extends PeftConfig> Adapter load(BaseModel base, PeftMethod<C> method, ConfigFields fields)
            throws IOException {
        C config = method.read(fields);
        Adapter adapter = create(base, method.folded(config)).from(origin(base));
        try {
            copy(match(adapter, method, base), tensors, adapter, base);
            adapter.trainable().checkFinite(folder);
            return Files.exists(folder.resolve(ENCODER)) ? withEncoder(adapter, config, base) : adapter;
        } catch (IOException | RuntimeException e) {
            adapter.close();
            throw e;
        }
    }

    private Adapter create(BaseModel base, PeftConfig config) {
        return Adapter.restore(
                base,
                Adapter.DEFAULT_NAME,
                config,
                taskType().isPresent() ? Adapter.modulesToSave(config, base) : config.modulesToSave());
    }

    /** Returns the base model as the file calls it, so that saving what was read does not rename it. */
    private Origin origin(BaseModel base) {
        String name = baseModel();
        String revision = fields().text("revision", "");
        return new Origin(name.isEmpty() ? base.name() : name, revision.isEmpty() ? null : revision);
    }

    private static void copy(Map<String, String> sources, TensorFile file, Adapter adapter, BaseModel base)
            throws IOException {
        try (NDManager scratch = base.newManager()) {
            for (Map.Entry<String, String> source : sources.entrySet()) {
                NativeTensors.copy(adapter.parameter(source.getKey()), file.tensor(scratch, source.getValue()));
            }
        }
    }

    /** Returns the adapter with the encoder that its prompt came from, so that training goes on where it stopped. */
    private Adapter withEncoder(Adapter folded, PeftConfig config, BaseModel base) throws IOException {
        Adapter adapter = create(base, config).from(origin(base));
        try {
            EncoderFile.load(folder.resolve(ENCODER), adapter, folded, base);
            folded.close();
            return adapter;
        } catch (IOException | RuntimeException e) {
            adapter.close();
            throw e;
        }
    }

    /** Saves an adapter, the tensors first, and returns which of {@link #FILES} it is in. */
    static Set<String> write(Adapter adapter, BaseModel base, Path folder) throws IOException {
        PeftMethod<PeftConfig> method = PeftMethods.of(adapter.config());
        Adapter stored = method.stored(adapter, base);
        try {
            return writeFiles(stored, base, folder);
        } finally {
            if (stored != adapter) {
                stored.close();
            }
        }
    }

    private static Set<String> writeFiles(Adapter adapter, BaseModel base, Path folder) throws IOException {
        PeftMethod<PeftConfig> method = PeftMethods.of(adapter.config());
        Files.createDirectories(folder);
        boolean folded = !method.folded(adapter.config()).equals(adapter.config());
        if (folded) {
            try (Adapter plain = adapter.folded(base)) {
                writeTensors(plain, base, method, folder);
                EncoderFile.save(folder.resolve(ENCODER), adapter, plain);
            }
        } else {
            writeTensors(adapter, base, method, folder);
        }
        AtomicFile.write(folder.resolve(CONFIG), PythonJson.format(settings(adapter, base, method)));
        JsonObject extras = new JsonObject();
        extras.add("labels", array(adapter.task().labels()));
        if (adapter.task().type() == TaskType.SEQ_CLS) {
            extras.addProperty(PROBLEM, adapter.task().problem().fileName());
        }
        AtomicFile.write(folder.resolve(EXTRAS), PythonJson.format(extras));
        ModelCard.write(adapter, base, folder);
        return folded ? Set.of(TENSORS, ENCODER) : Set.of(TENSORS);
    }

    private static void writeTensors(Adapter adapter, BaseModel base, PeftMethod<PeftConfig> method, Path folder)
            throws IOException {
        List<NamedTensor> tensors = new ArrayList<>();
        for (ParameterBuffer buffer : List.of(adapter.trainable(), adapter.frozen())) {
            buffer.names()
                    .forEach(name ->
                            tensors.add(new NamedTensor(method.tensorName(name), DType.FLOAT32, buffer.get(name))));
        }
        try (NDManager scratch = base.newManager()) {
            if (method.repeatsBiases(adapter.config())) {
                tensors.addAll(repeatedBiases(adapter, base, scratch));
            }
            SafeTensorsWriter.write(folder.resolve(TENSORS), tensors, Map.of("format", "pt"));
        }
    }

    /** Returns the biases of trained modules, and what they started from, once more under PEFT's names in the live model. */
    private static List<NamedTensor> repeatedBiases(Adapter adapter, BaseModel base, NDManager scratch) {
        List<NamedTensor> tensors = new ArrayList<>();
        for (String name : adapter.trainable().names()) {
            String module = name.endsWith(BIAS) ? name.substring(0, name.length() - BIAS.length()) : "";
            if (!module.isEmpty() && TrainedCopies.covers(adapter.trainedModules(), module)) {
                String path = "base_model.model." + module;
                NDArray original = NativeTensors.cast(scratch, base.weights().get(name), DType.FLOAT32);
                tensors.add(new NamedTensor(path + COPY, DType.FLOAT32, adapter.parameter(name)));
                tensors.add(new NamedTensor(path + ORIGINAL, DType.FLOAT32, original));
            }
        }
        return tensors;
    }

    private static JsonObject settings(Adapter adapter, BaseModel base, PeftMethod<PeftConfig> method) {
        JsonObject settings = method.write(adapter.config(), base);
        List<String> modules = adapter.trainedModules();
        boolean ownHead = modules.containsAll(Adapter.modulesToSave(adapter.config(), base));
        if (settings.has(TRANSPOSED)) {
            settings.addProperty(TRANSPOSED, storesTransposed(adapter, base));
        }
        settings.add("auto_mapping", JsonNull.INSTANCE);
        settings.addProperty("base_model_name_or_path", adapter.origin().baseModel());
        settings.addProperty("inference_mode", true);
        settings.addProperty("peft_type", adapter.config().peftType());
        settings.addProperty("peft_version", PEFT_VERSION);
        settings.addProperty("revision", adapter.origin().revision());
        settings.addProperty("task_type", ownHead ? adapter.task().type().name() : null);
        settings.add("modules_to_save", modules.isEmpty() ? JsonNull.INSTANCE : array(modules));
        return settings;
    }

    /** Returns whether the last linear that an adapter changes lies as [in, out] in files, as PEFT tells it. */
    private static boolean storesTransposed(Adapter adapter, BaseModel base) {
        List<AttachmentPoint> changed = base.attachmentPoints().stream()
                .filter(point -> point.kind() == AttachmentPoint.Kind.LINEAR)
                .filter(point -> adapter.changes(point.path()))
                .toList();
        return !changed.isEmpty()
                && base.architecture()
                        .storesTransposed(changed.get(changed.size() - 1).path() + ".weight");
    }

    /** Returns the tensor of the file for each parameter. */
    private Map<String, String> match(Adapter adapter, PeftMethod<?> method, BaseModel base) throws IOException {
        Map<String, String> sources = new TreeMap<>();
        List<String> problems = new ArrayList<>();
        SortedSet<String> unexpected = new TreeSet<>();
        tensors.tensors().forEach(info -> unexpected.add(info.name()));
        for (ParameterBuffer buffer : List.of(adapter.trainable(), adapter.frozen())) {
            buffer.slices().forEach((name, slice) -> {
                String source = method.tensorName(name);
                if (!unexpected.remove(source)) {
                    problems.add("missing " + source);
                } else {
                    slice.misfit(tensors.info(source)).ifPresent(problems::add);
                }
                sources.put(name, source);
            });
        }
        unexpected.removeIf(PeftFolder::isCopy);
        PeftEmbeddings.remove(unexpected, tensors, base, problems);
        for (String name : unexpected) {
            String nearest = NoMatchingModuleException.nearest(name, sources.values());
            problems.add("unexpected " + name + (nearest.isEmpty() ? "" : ", nearest is " + nearest));
        }
        if (!problems.isEmpty()) {
            String rest = problems.size() > LISTED ? "; and %d more".formatted(problems.size() - LISTED) : "";
            throw new IllegalArgumentException("%s does not fit the base model: %s%s"
                    .formatted(
                            folder, String.join("; ", problems.subList(0, Math.min(LISTED, problems.size()))), rest));
        }
        return sources;
    }

    /** Returns whether a tensor is one of another name once more: what PEFT adds for biases of modules that are saved. */
    private static boolean isCopy(String name) {
        return name.endsWith(COPY) || name.endsWith(ORIGINAL);
    }

    private static JsonElement array(List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }
}
