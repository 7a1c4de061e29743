package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import io.peft4j.program.DType;
import io.peft4j.program.Kernels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A pretrained model that never changes: configuration, frozen weights and the function that computes with them.
 *
 * <p>What adapters add is passed to {@link #forward}, so any number of threads may use one model with different adapters
 * at once. Close it when no computation needs it any more.
 */
public final class BaseModel implements AutoCloseable {

    /** What decides how a call of generation is compiled. */
    private record DecodingKey(RecordingOptions options, Kernels kernels) {}

    private final String name;
    private final String identity;
    private final JsonObject config;
    private final Architecture architecture;
    private final Task task;
    private final Weights weights;
    private final DType dtype;
    private final SortedSet<String> newWeights;
    private final List<AttachmentPoint> points;
    private final @Nullable Kernels forcedKernels;
    private final WeightStorage storage;
    private final PackedWeights packed;
    private final NDManager manager;
    private final RecentPasses<RecordingOptions, ForwardPass> passes = new RecentPasses<>();
    private final RecentPasses<DecodingKey, ChainedPass> decoders = new RecentPasses<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    BaseModel(
            String name,
            String identity,
            JsonObject config,
            Architecture architecture,
            Task task,
            Weights weights,
            DType dtype,
            SortedSet<String> newWeights,
            List<AttachmentPoint> points,
            @Nullable Kernels forcedKernels,
            WeightStorage storage,
            NDManager manager) {
        this.name = name;
        this.identity = identity;
        this.config = config;
        this.architecture = architecture;
        this.task = task;
        this.weights = weights;
        this.dtype = dtype;
        this.newWeights = newWeights;
        this.points = points;
        this.forcedKernels = forcedKernels;
        this.storage = storage;
        this.packed = new PackedWeights(weights, manager);
        this.manager = manager;
    }

    /** Returns a loader of a folder in Hugging Face layout. */
    public static BaseModelLoader from(Path folder) {
        return new BaseModelLoader(folder);
    }

    /** Returns a loader that draws all weights at random, for tests and measurements. */
    public static BaseModelLoader random(JsonObject config) {
        return new BaseModelLoader(config);
    }

    /** Returns what the model is called: the folder it came from. */
    public String name() {
        return name;
    }

    /** Returns a text that another model, or another state of the same files, does not have. */
    public String identity() {
        return identity;
    }

    /** Returns the fields of {@code config.json}. */
    public JsonObject config() {
        return config.deepCopy();
    }

    /** Returns the kind of model. */
    public Architecture architecture() {
        return architecture;
    }

    /** Returns what the model is asked for. */
    public Task task() {
        return task;
    }

    /** Returns the tokens that end a text by its configuration; none if that names none. */
    public Set<Integer> endTokens() {
        return new ModelConfig(config, name).endTokens();
    }

    /** Returns the token that an encoder-decoder begins to write with. */
    public int startToken() {
        ModelConfig fields = new ModelConfig(config, name);
        int token = fields.index("decoder_start_token_id", fields.index("pad_token_id", 0));
        fields.check();
        return token;
    }

    /** Returns the frozen weights. */
    public Weights weights() {
        checkOpen();
        return weights;
    }

    /** Returns the type that it computes in. */
    public DType dtype() {
        return dtype;
    }

    /** Returns whether its file had weights but not all; a model of random weights has nothing that a head could be new to. */
    public boolean hasNewHead() {
        return !newWeights.isEmpty() && newWeights.size() < weights.names().size();
    }

    /** Returns the weights of the head that no file had, which therefore mean nothing before training. */
    public SortedSet<String> newWeights() {
        return newWeights;
    }

    /** Returns how many tokens it has embeddings for. */
    public long vocabularySize() {
        return points.stream()
                .filter(point -> point.kind() == AttachmentPoint.Kind.EMBEDDING)
                .mapToLong(AttachmentPoint::in)
                .findFirst()
                .orElseThrow();
    }

    /** Returns the places where methods can attach. */
    public List<AttachmentPoint> attachmentPoints() {
        return points;
    }

    /** Returns the native routines that it runs with; unless forced, the first call in a process measures them. */
    public Kernels kernels() {
        Kernels kernels = kernels(Long.MAX_VALUE, false);
        return storage == WeightStorage.PACKED ? kernels.packing() : kernels;
    }

    private Kernels kernels(long rows, boolean mayPack) {
        return forcedKernels == null ? Kernels.measured(dtype, rows, mayPack) : forcedKernels;
    }

    /** Returns how many bytes of memory training takes for copies of the weights, beyond the weights themselves. */
    public long copies() {
        return storage == WeightStorage.PACKED ? weights.bytes() : 0;
    }

    /** Notes that so many tokens will be generated; from a number on, copies of weights for that are worth their memory. */
    public void expectTokens(int more) {
        packed.expect(more);
    }

    /** Returns a manager for arrays on the model's device; whoever asks closes it. */
    public NDManager newManager() {
        checkOpen();
        return manager.newSubManager();
    }

    /** Returns the number of frozen values. */
    public long parameterCount() {
        return weights.names().stream()
                .mapToLong(weight -> weights.get(weight).size())
                .sum();
    }

    /** Returns the network with adapters, and whatever {@code extension} records after it. */
    public Network record(RecordingOptions options, BiConsumer<NetworkRecorder, Task> extension) {
        NetworkRecorder recorder = new NetworkRecorder(options, weights);
        architecture.record(recorder, task);
        extension.accept(recorder, task);
        return recorder.network();
    }

    /**
     * Computes the model's outputs.
     *
     * @param owner the manager that the results are attached to
     * @param adaptation what the selected adapters change
     * @param parameters their tensors by slot and name
     * @param inputs the tensors of the batch by name
     */
    public Map<String, NDArray> forward(
            NDManager owner,
            Adaptation adaptation,
            BiFunction<Integer, String, NDArray> parameters,
            Map<String, NDArray> inputs) {
        checkOpen();
        checkBatch(adaptation.virtualTokens().positions(), inputs);
        boolean fused = kernels().fusesAttention(dtype(), ids(inputs).get(1));
        RecordingOptions options = RecordingOptions.inference(adaptation, dtype(), fused);
        return passes.get(options, key -> new ForwardPass(record(key), kernels()))
                .run(owner, source(parameters), inputs);
    }

    /**
     * Refuses a batch that the model cannot compute, before anything is computed.
     *
     * @param learned how many positions learned tokens take
     * @param inputs the tensors of the batch by name
     * @throws IllegalArgumentException saying what is missing, or what there is too much of
     */
    public void checkBatch(long learned, Map<String, NDArray> inputs) {
        Shape ids = ids(inputs);
        architecture.checkBatch(task, ids.get(0), learned + ids.get(1));
    }

    /** Returns the shape (B, T) of the tokens. */
    private static Shape ids(Map<String, NDArray> inputs) {
        NDArray ids = inputs.get("input_ids");
        if (ids == null || ids.getShape().dimension() != 2) {
            throw new IllegalArgumentException("a batch needs input_ids of shape (B, T): %s"
                    .formatted(ids == null ? "it has " + new TreeSet<>(inputs.keySet()) : ids.getShape()));
        }
        return ids.getShape();
    }

    private Network record(RecordingOptions options) {
        return record(options, (network, ignored) -> {});
    }

    /**
     * Returns the compiled network of a call of generation.
     *
     * @param rows how many texts the call computes
     * @param tokens how many tokens of each
     */
    public ChainedPass decoder(Adaptation adaptation, Decoding decoding, long rows, long tokens) {
        checkOpen();
        Kernels kernels = kernels(rows * tokens, storage != WeightStorage.KEPT && packed.pay());
        RecordingOptions options = RecordingOptions.inference(
                        adaptation, dtype(), kernels.fusesAttention(dtype(), tokens))
                .decoding(decoding);
        return decoders.get(
                new DecodingKey(options, kernels), key -> new ChainedPass(record(key.options()), key.kernels()));
    }

    /**
     * Computes the weights that adapters change when they are merged.
     *
     * <p>A weight that was tied to one of them, and computes with what it was before, is among them as it is.
     *
     * @param owner the manager that the weights are attached to
     * @throws IllegalArgumentException if the adaptation changes anything but weights
     */
    public Map<String, NDArray> merged(
            NDManager owner, Adaptation adaptation, BiFunction<Integer, String, NDArray> parameters) {
        checkOpen();
        Network network = MergeNetwork.of(this, adaptation);
        Map<String, NDArray> merged =
                new TreeMap<>(new ForwardPass(network, Kernels.DEFAULT).run(owner, source(parameters), Map.of()));
        MergeNetwork.leftBehind(network, weights.ties()).forEach(name -> merged.put(name, weights.get(name)));
        return merged;
    }

    /** Returns where a network of this model finds its tensors. */
    public TensorSource source(BiFunction<Integer, String, NDArray> parameters) {
        return new TensorSource() {
            @Override
            public NDArray weight(String weight) {
                return weights.get(weight);
            }

            @Override
            public NDArray packed(Network.Argument.PackedWeight names) {
                return packed.get(names);
            }

            @Override
            public NDArray parameter(int slot, String parameter) {
                return parameters.apply(slot, parameter);
            }
        };
    }

    /**
     * Returns a model in which some weights are others; all other memory is shared with this model, which must stay open.
     *
     * @param replacements tensors of the same shape and type, on managers of the caller
     */
    public BaseModel with(Map<String, NDArray> replacements) {
        checkOpen();
        SortedSet<String> stillNew = new java.util.TreeSet<>(newWeights);
        stillNew.removeAll(replacements.keySet());
        return new BaseModel(
                name,
                identity + "+" + UUID.randomUUID(),
                config,
                architecture,
                task,
                weights.with(new TreeMap<>(replacements)),
                dtype,
                stillNew,
                points,
                forcedKernels,
                storage,
                manager.newSubManager());
    }

    /** Frees the weights. */
    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            manager.close();
        }
    }

    private void checkOpen() {
        if (closed.get()) {
            throw new IllegalStateException("the model %s is closed".formatted(name));
        }
    }
}
