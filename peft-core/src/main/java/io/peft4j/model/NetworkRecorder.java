package io.peft4j.model;

import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Recording;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Records a network: the architecture declares inputs, makes program calls with {@link #stage}, and names outputs.
 *
 * <p>The tensors it hands out stand for values between calls; only the body of a stage may compute with them.
 */
public final class NetworkRecorder {

    /** The computation of one program call: from the values passed to the values returned. */
    @FunctionalInterface
    public interface Body {
        List<Tensor> record(Module module, List<Tensor> inputs);
    }

    /** A computation of one result. */
    @FunctionalInterface
    public interface SingleBody {
        Tensor record(Module module, List<Tensor> inputs);
    }

    /**
     * How logits come from hidden states, one row from one row.
     *
     * @param path the module that computes them
     * @param body from [..., D] to [..., C]
     * @param hidden the hidden states of all tokens
     */
    public record Head(String path, SingleBody body, Tensor hidden) {}

    private final RecordingOptions options;
    private final Map<String, String> ties;
    private final @Nullable Weights model;
    private final Recording values = new Recording();
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Network.Stage> stages = new ArrayList<>();
    private final List<Network.Input> inputs = new ArrayList<>();
    private final Map<String, Integer> outputs = new LinkedHashMap<>();
    private final Map<String, List<Long>> weights = new LinkedHashMap<>();
    private final Map<String, ParameterSpec> parameters = new LinkedHashMap<>();
    private final Map<Integer, Tensor> groups = new LinkedHashMap<>();
    private final Map<String, AttachmentPoint> points = new LinkedHashMap<>();
    private final Map<String, List<Tensor>> shared = new HashMap<>();

    private @Nullable Head head;

    /** Starts a recording in which the architecture says which weights are tied. */
    NetworkRecorder(RecordingOptions options) {
        this.options = options;
        this.ties = new TreeMap<>();
        this.model = null;
    }

    /** Starts a recording for a model whose weights are known, with their ties and types. */
    NetworkRecorder(RecordingOptions options, Weights stored) {
        this.options = options;
        this.ties = stored.ties();
        this.model = stored;
    }

    /** Returns what the network is recorded for. */
    public RecordingOptions options() {
        return options;
    }

    /** Returns the learned tokens that texts are recorded with. */
    public VirtualTokens virtualTokens() {
        return options.adaptation().virtualTokens();
    }

    /** Returns over how many learned keys before a text distances are counted. */
    public int keysInDistances(AttentionSite.Kind kind) {
        return options.adaptation().keysInDistances(kind);
    }

    /** Returns the input that has the numbers of the rows in a group of the batch. */
    Tensor rows(int group) {
        return groups.computeIfAbsent(group, g -> input("rows." + g, TensorType.of(DType.INT64, Dim.named("G" + g))));
    }

    DType dtype() {
        return options.dtype();
    }

    /** Returns the type that a weight is stored in. */
    DType dtype(String weight) {
        return model == null ? options.dtype() : model.dtype(weight);
    }

    boolean isTraining() {
        return options.training();
    }

    /** Declares a tensor that every batch provides, or returns it if it is declared already. */
    public Tensor input(String name, TensorType type) {
        for (Network.Input known : inputs) {
            if (known.name().equals(name) && known.type().equals(type)) {
                return tensors.get(known.value());
            }
        }
        return input(name, type, false);
    }

    /** Declares a whole number for each text [B], which chooses from so many; the most that are named count. */
    Tensor ofTexts(String name, int numbers) {
        Tensor tensor = input(name, TensorType.of(DType.INT64, Dim.named("B")));
        inputs.replaceAll(known -> known.name().equals(name) ? known.choosingFrom(numbers) : known);
        return tensor;
    }

    private Tensor input(String name, TensorType type, boolean kept) {
        Tensor value = value(type);
        inputs.add(new Network.Input(name, type, number(value), kept, 0));
        return value;
    }

    /** Declares room for rows that stay between calls, and returns it inside a call. */
    Tensor buffer(StageRecorder stage, String name, TensorType type) {
        return stage.value(number(input(name, type, true)), type);
    }

    /** Records a program call of one result. */
    public Tensor stage(String path, SingleBody body, Tensor... inputs) {
        return stages(path, (module, in) -> List.of(body.record(module, in)), inputs)
                .get(0);
    }

    /** Records a program call; {@code path} is the module it computes. */
    public List<Tensor> stages(String path, Body body, Tensor... inputs) {
        StageRecorder stage = new StageRecorder(this, path);
        List<Tensor> inner = new ArrayList<>();
        for (Tensor input : inputs) {
            inner.add(stage.value(number(input), input.type()));
        }
        List<Tensor> results = body.record(new Module(stage, path), inner);
        List<Tensor> outer =
                results.stream().map(result -> value(result.type())).toList();
        stages.add(stage.stage(results, outer.stream().map(this::number).toList()));
        return outer;
    }

    /** Records a program call over an adapter's tensors before the one that is being recorded, unless it is there already. */
    List<Tensor> once(int slot, String name, Function<SharedSite, List<Tensor>> body) {
        String key = slot + ":" + name;
        List<Tensor> known = shared.get(key);
        if (known == null) {
            StageRecorder stage = new StageRecorder(this, name);
            List<Tensor> results = body.apply(new SharedSite(stage, name, slot));
            known = results.stream().map(result -> value(result.type())).toList();
            stages.add(stage.stage(results, known.stream().map(this::number).toList()));
            shared.put(key, known);
        }
        return known;
    }

    /** Says that a weight is another one under a second name, such as the output layer and the embedding. */
    public void tie(String weight, String stored) {
        if (model == null) {
            ties.put(weight, stored);
        }
    }

    /** Returns the names of the weights that are others, with the names that these are stored under. */
    Map<String, String> ties() {
        return ties;
    }

    /** Returns the name that a weight is stored under. */
    String stored(String weight) {
        return ties.getOrDefault(weight, weight);
    }

    /**
     * Says how the result {@code logits} comes from hidden states.
     *
     * <p>It is computed for all tokens unless a loss asks with {@link #takeHead} for those that it needs.
     */
    public void logits(Head value) {
        head = value;
    }

    /** Returns how logits are computed, for whoever computes them for some tokens only. */
    public Head takeHead() {
        Head taken = Objects.requireNonNull(head, "the network has no head");
        head = null;
        return taken;
    }

    /** Names a value as a result of the network. */
    public void output(String name, Tensor value) {
        outputs.put(name, number(value));
    }

    /** Returns a named result that was recorded before. */
    public Tensor result(String name) {
        computeLogits();
        Integer number = outputs.get(name);
        if (number == null) {
            throw new IllegalArgumentException("the network has no output " + name);
        }
        return tensors.get(number);
    }

    Network network() {
        computeLogits();
        return new Network(
                stages, inputs, outputs, tensors.stream().map(Tensor::type).toList(), List.copyOf(parameters.values()));
    }

    private void computeLogits() {
        if (head != null) {
            Head all = takeHead();
            output("logits", stage(all.path(), all.body(), all.hidden()));
        }
    }

    /** Returns the shapes of the weights that the architecture asked for, by name. */
    Map<String, List<Long>> weights() {
        computeLogits();
        return weights;
    }

    /** Returns the places that methods can attach to. */
    List<AttachmentPoint> attachmentPoints() {
        computeLogits();
        return List.copyOf(points.values());
    }

    void declareWeight(String name, long... shape) {
        List<Long> sizes = java.util.Arrays.stream(shape).boxed().toList();
        List<Long> known = weights.putIfAbsent(name, sizes);
        if (known != null && !known.equals(sizes)) {
            throw new IllegalArgumentException("%s is used as %s and as %s".formatted(name, known, sizes));
        }
    }

    void declareParameter(ParameterSpec parameter) {
        ParameterSpec known = parameters.putIfAbsent(parameter.slot() + ":" + parameter.name(), parameter);
        if (known != null && !known.shape().equals(parameter.shape())) {
            throw new IllegalArgumentException("two parameters are named %s: %s and %s"
                    .formatted(parameter.name(), known.shape(), parameter.shape()));
        }
    }

    void declarePoint(AttachmentPoint point) {
        points.putIfAbsent(point.kind() + point.path(), point);
    }

    private Tensor value(TensorType type) {
        Tensor value = values.input("value." + tensors.size(), type);
        tensors.add(value);
        return value;
    }

    int number(Tensor value) {
        int number = tensors.indexOf(value);
        if (number < 0) {
            throw new IllegalArgumentException(
                    "%s is no value of the network; compute inside a stage".formatted(value));
        }
        return number;
    }
}
