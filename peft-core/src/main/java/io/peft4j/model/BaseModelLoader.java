package io.peft4j.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.io.Checkpoint;
import io.peft4j.io.PythonJson;
import io.peft4j.program.DType;
import io.peft4j.program.Kernels;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.ProcessMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads a base model from a folder in Hugging Face layout: {@code config.json} and safetensors.
 *
 * <p>Weights are mapped into memory, not read, unless they have to change their type or their device. Single-use, not
 * thread-safe.
 */
public final class BaseModelLoader {

    private static final Logger logger = LoggerFactory.getLogger(BaseModelLoader.class);
    private static final String CONFIG = "config.json";

    private final String name;
    private final @Nullable Path folder;
    private final @Nullable JsonObject random;
    private @Nullable Function<Architecture, Task> task;
    private DType dtype = DType.FLOAT32;
    private WeightStorage storage = WeightStorage.CONVERTED;
    private Device device = Device.cpu();
    private @Nullable Kernels kernels;
    private long seed;

    BaseModelLoader(Path folder) {
        this.name = folder.toString();
        this.folder = folder;
        this.random = null;
    }

    BaseModelLoader(JsonObject config) {
        this.name = "random";
        this.folder = null;
        this.random = config;
    }

    /** Sets what the model is asked for; by default what the checkpoint was saved for. */
    public BaseModelLoader task(Task value) {
        task = architecture -> value;
        return this;
    }

    /** Sets what the model is asked for by what its architecture can be asked for. */
    public BaseModelLoader taskOf(Function<Architecture, Task> value) {
        task = value;
        return this;
    }

    /** Sets the type to compute in, FLOAT32 by default. */
    public BaseModelLoader precision(DType value) {
        if (value != DType.FLOAT32 && value != DType.BFLOAT16) {
            throw new IllegalArgumentException("precision must be FLOAT32 or BFLOAT16: " + value);
        }
        dtype = value;
        return this;
    }

    /** Sets how weights lie in memory; by default converted to the type to compute in. */
    public BaseModelLoader weights(WeightStorage value) {
        storage = value;
        return this;
    }

    /** Sets where the weights lie, the CPU by default. */
    public BaseModelLoader device(Device value) {
        device = value;
        return this;
    }

    /** Forces the native routines, which are otherwise chosen by a short measurement. */
    public BaseModelLoader kernels(Kernels value) {
        kernels = value;
        return this;
    }

    /** Sets what the weights of a new head are drawn from. */
    public BaseModelLoader seed(long value) {
        seed = value;
        return this;
    }

    /**
     * Loads the model.
     *
     * @throws IOException if a file is missing or broken
     * @throws IllegalArgumentException listing everything that does not fit: configuration, names, shapes
     */
    public BaseModel load() throws IOException {
        if (storage == WeightStorage.PACKED && device.isGpu()) {
            throw new IllegalArgumentException(
                    "packed weights are for the CPU, not for %s; load them converted".formatted(device));
        }
        JsonObject json = folder == null ? Objects.requireNonNull(random) : PythonJson.read(folder.resolve(CONFIG));
        ModelConfig config = new ModelConfig(
                json, folder == null ? name : folder.resolve(CONFIG).toString());
        // What is wrong with these is reported together with what the architecture finds.
        config.problem();
        config.className();
        config.endTokens();
        Architecture architecture = factory(config).create(config);
        @Nullable Checkpoint checkpoint = folder == null ? null : Checkpoint.open(folder);
        Task asked = task == null ? savedTask(config, architecture) : task.apply(architecture);
        Task wanted = checkpoint == null ? asked : architecture.fit(asked, checkpoint.names());
        if (!architecture.tasks().contains(wanted.type())) {
            throw new IllegalArgumentException("%s has no head for %s, only for %s"
                    .formatted(config.modelType(), wanted.type(), architecture.tasks()));
        }
        NetworkRecorder recorder = new NetworkRecorder(RecordingOptions.inference(Adaptation.NONE, dtype, true));
        architecture.record(recorder, wanted);
        if (checkpoint == null) {
            return load(recorder, architecture, wanted, json, new WeightSources.Found(Map.of(), recorder.ties()), null);
        }
        WeightSources.Found found = new WeightSources(recorder, checkpoint, architecture, wanted)
                .find(name, config.className(), task != null);
        return load(recorder, architecture, wanted, json, found, checkpoint);
    }

    private BaseModel load(
            NetworkRecorder recorder,
            Architecture architecture,
            Task wanted,
            JsonObject json,
            WeightSources.Found found,
            @Nullable Checkpoint checkpoint)
            throws IOException {
        NDManager manager = NativeTensors.newManager(device);
        try {
            SortedSet<String> fresh = new TreeSet<>(recorder.weights().keySet());
            fresh.removeAll(found.tensors().keySet());
            fresh.removeAll(found.ties().keySet());
            Map<String, NDArray> tensors = new TreeMap<>();
            Map<String, DType> types = new TreeMap<>();
            fresh.forEach(weight -> types.put(weight, dtype));
            if (checkpoint != null) {
                Map<String, NDArray> stored =
                        read(manager, checkpoint, found.tensors().values());
                found.tensors().forEach((weight, source) -> {
                    NDArray tensor = Objects.requireNonNull(stored.get(source));
                    boolean turned = architecture.storesTransposed(weight);
                    types.put(weight, stored(checkpoint, source));
                    tensors.put(weight, turned ? NativeTensors.transposed(manager, tensor) : tensor);
                });
            }
            for (String weight : fresh) {
                List<Long> shape = Objects.requireNonNull(recorder.weights().get(weight));
                tensors.put(weight, draw(manager, weight, shape, architecture.initializerRange()));
            }
            if (checkpoint != null && !fresh.isEmpty()) {
                logger.info("{} has no {} for {}: the head is new and has to be trained", name, fresh, wanted.type());
            }
            ProcessMemory.release();
            ProcessMemory.keepFreed();
            return new BaseModel(
                    name,
                    checkpoint == null ? name + seed + json : checkpoint.identity() + seed,
                    json,
                    architecture,
                    wanted,
                    new Weights(tensors, types, recorder.ties())
                            .untying(found.ties().keySet()),
                    dtype,
                    fresh,
                    recorder.attachmentPoints(),
                    kernels == null && !device.equals(Device.cpu()) ? Kernels.DEFAULT : kernels,
                    storage,
                    manager);
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Returns the architecture's factory for {@code model_type}. */
    private static Architecture.Factory factory(ModelConfig config) {
        List<String> known = new ArrayList<>();
        for (Architecture.Factory factory : ServiceLoader.load(Architecture.Factory.class)) {
            if (factory.modelType().equals(config.modelType())) {
                return factory;
            }
            known.add(factory.modelType());
        }
        throw new IllegalArgumentException("model_type \"%s\" is not supported; on the class path are %s"
                .formatted(config.modelType(), known.stream().sorted().toList()));
    }

    /** Returns the labels of a checkpoint; Hugging Face leaves out two without names, its default. */
    private static List<String> savedLabels(ModelConfig config) {
        return config.labels().isEmpty() ? List.of("LABEL_0", "LABEL_1") : config.labels();
    }

    /** Returns what the checkpoint was saved for. */
    private static Task savedTask(ModelConfig config, Architecture architecture) {
        String name = config.className();
        if (name.endsWith("ForSequenceClassification")) {
            return Task.sequenceClassification(savedLabels(config)).withProblem(config.problem());
        } else if (name.endsWith("ForTokenClassification")) {
            return Task.tokenClassification(savedLabels(config));
        }
        return architecture.tasks().contains(TaskType.CAUSAL_LM)
                ? Task.causalLanguageModelling()
                : architecture.tasks().contains(TaskType.SEQ_2_SEQ_LM) && !name.endsWith("EncoderModel")
                        ? Task.sequenceToSequence()
                        : Task.featureExtraction();
    }

    /** Returns tensors by their names in the checkpoint: mapped at once, or read and converted one by one. */
    private Map<String, NDArray> read(NDManager manager, Checkpoint checkpoint, Collection<String> names)
            throws IOException {
        Map<String, NDArray> tensors = new HashMap<>();
        List<String> fitting = names.stream()
                .filter(name ->
                        device.equals(Device.cpu()) && checkpoint.info(name).dtype() == stored(checkpoint, name))
                .toList();
        tensors.putAll(checkpoint.tensors(manager, fitting));
        for (String name : names) {
            if (!tensors.containsKey(name)) {
                tensors.put(name, convert(manager, checkpoint, name));
            }
        }
        return tensors;
    }

    /** Returns the type that a tensor of the checkpoint has in memory. */
    private DType stored(Checkpoint checkpoint, String name) {
        return storage == WeightStorage.KEPT ? checkpoint.info(name).dtype() : dtype;
    }

    private NDArray convert(NDManager manager, Checkpoint checkpoint, String name) throws IOException {
        try (NDManager cpu = NativeTensors.newManager(Device.cpu())) {
            NDArray mapped = checkpoint.tensor(cpu, name);
            DType type = stored(checkpoint, name);
            NDManager first = device.equals(Device.cpu()) ? manager : cpu;
            NDArray converted =
                    checkpoint.info(name).dtype() == type ? mapped : NativeTensors.cast(first, mapped, type);
            return device.equals(Device.cpu()) ? converted : NativeTensors.toDevice(manager, converted);
        }
    }

    /** Draws a weight as Hugging Face does: matrices from a normal distribution, norms one, biases zero. */
    private NDArray draw(NDManager manager, String weight, List<Long> shape, double range) {
        long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
        if (sizes.length > 1) {
            return NativeTensors.normal(manager, dtype, 31 * seed + weight.hashCode(), range, sizes);
        }
        NDArray values = NativeTensors.zeros(manager, dtype, sizes);
        if (weight.endsWith("weight")) {
            NativeTensors.fill(values, 1);
        }
        return values;
    }
}
