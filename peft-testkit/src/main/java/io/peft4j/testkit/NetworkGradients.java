package io.peft4j.testkit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.GradientPass;
import io.peft4j.model.Network;
import io.peft4j.model.Network.Argument;
import io.peft4j.model.RecordingOptions;
import io.peft4j.model.TensorSource;
import io.peft4j.program.Autograd;
import io.peft4j.program.CompiledProgram;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Interpreter;
import io.peft4j.program.Kernels;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.Program;
import io.peft4j.program.TensorType;
import io.peft4j.train.Losses;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/** The gradient of a model's loss by all that an adapter trains, on one random batch, in three ways. */
public final class NetworkGradients {

    private static final Map<String, Long> SIZES = Map.of("B", 2L, "T", 7L);
    private static final long OTHER_SIZE = 5;
    private static final double STEP = 1e-6;

    private final NDManager manager;
    private final Network network;
    private final TensorSource source;
    private final ParameterBuffer parameters;
    private final Map<String, NDArray> batch = new HashMap<>();

    /**
     * Prepares a model and an adapter, which stay open.
     *
     * @param manager what everything computed is attached to
     * @param fused whether attention is one operation
     */
    public NetworkGradients(BaseModel base, Adapter adapter, NDManager manager, boolean fused) {
        this.manager = manager;
        // Without dropout, whose masks the interpreter draws otherwise.
        this.network =
                base.record(RecordingOptions.inference(adapter.adaptation(), base.dtype(), fused), Losses::record);
        this.source = base.source(Selection.of(adapter)::parameter);
        this.parameters = adapter.trainable();
        long vocabulary = base.config().get("vocab_size").getAsLong();
        int labels = base.task().labels().size();
        long classes = labels == 0 ? vocabulary : labels;
        for (Network.Input input : network.inputs()) {
            batch.put(input.name(), tensor(input, classes, vocabulary));
        }
    }

    /** Returns the gradients by the derived backward programs. */
    public Map<String, float[]> derived() {
        GradientPass pass = new GradientPass(network, Losses.LOSS, Kernels.DEFAULT);
        ParameterBuffer sums = parameters.zerosLike(manager);
        List<NDArray> prefix = pass.runPrefix(manager, source, batch);
        pass.run(manager, source, batch, prefix, 0, (slot, name) -> sums.get(name), (stage, backward, time) -> {});
        Map<String, float[]> gradients = new LinkedHashMap<>();
        sums.names().forEach(name -> gradients.put(name, sums.get(name).toFloatArray()));
        return gradients;
    }

    /** Returns the gradients by libtorch's autograd through all program calls. */
    public Map<String, float[]> autograd() {
        Map<String, NDArray> leaves = new LinkedHashMap<>();
        for (String name : parameters.names()) {
            NDArray leaf = manager.create(
                    parameters.get(name).toFloatArray(), parameters.get(name).getShape());
            leaf.setRequiresGradient(true);
            leaves.put(name, leaf);
        }
        try (Autograd recording = Autograd.record()) {
            NDArray loss = loss(
                    leaves,
                    batch,
                    frozen -> NativeTensors.alias(manager, frozen),
                    (program, arguments) ->
                            CompiledProgram.of(program, Kernels.DEFAULT).record(manager, arguments));
            Autograd.backward(loss, manager.create(1f));
        }
        Map<String, float[]> gradients = new LinkedHashMap<>();
        leaves.forEach((name, leaf) -> gradients.put(name, leaf.getGradient().toFloatArray()));
        return gradients;
    }

    /** Returns the derivative of the loss as parameters move in a direction, from two evaluations in FLOAT64. */
    public double directional(Map<String, double[]> direction) {
        return (lossAt(direction, STEP) - lossAt(direction, -STEP)) / (2 * STEP);
    }

    private double lossAt(Map<String, double[]> direction, double step) {
        try (NDManager scratch = manager.newSubManager()) {
            Map<String, NDArray> wide = new HashMap<>();
            for (String name : parameters.names()) {
                NDArray value = wide(scratch, parameters.get(name));
                double[] moves = direction.get(name);
                wide.put(
                        name,
                        moves == null
                                ? value
                                : value.add(
                                        scratch.create(moves, value.getShape()).mul(step)));
            }
            Map<String, NDArray> inputs = new HashMap<>();
            batch.forEach((key, value) -> inputs.put(key, wide(scratch, value)));
            return loss(wide, inputs, frozen -> wide(scratch, frozen), (program, arguments) -> Interpreter.float64()
                            .run(scratch, program, arguments))
                    .getDouble();
        }
    }

    /** Runs the network call by call. */
    private NDArray loss(
            Map<String, NDArray> trained,
            Map<String, NDArray> inputs,
            UnaryOperator<NDArray> frozen,
            BiFunction<Program, List<NDArray>, List<NDArray>> runner) {
        Map<Integer, NDArray> values = new HashMap<>();
        network.inputs().forEach(input -> values.put(input.value(), inputs.get(input.name())));
        for (Network.Stage stage : network.stages()) {
            List<NDArray> arguments = new ArrayList<>();
            for (Argument argument : stage.arguments()) {
                if (argument instanceof Argument.Value value) {
                    arguments.add(values.get(value.number()));
                } else if (argument instanceof Argument.Weight weight) {
                    arguments.add(frozen.apply(source.weight(weight.name())));
                } else if (argument instanceof Argument.Parameter parameter) {
                    arguments.add(
                            trained.containsKey(parameter.name())
                                    ? trained.get(parameter.name())
                                    : frozen.apply(source.parameter(parameter.slot(), parameter.name())));
                } else {
                    throw new IllegalStateException("inference asks for a seed: " + stage.path());
                }
            }
            List<NDArray> results = runner.apply(stage.program(), arguments);
            for (int i = 0; i < results.size(); i++) {
                values.put(stage.results().get(i), results.get(i));
            }
        }
        return Objects.requireNonNull(values.get(network.output(Losses.LOSS)));
    }

    /** Returns the array in FLOAT64 if it is floating, attached to another manager than its own. */
    private static NDArray wide(NDManager owner, NDArray x) {
        if (x.getDataType() != DataType.FLOAT32) {
            return x;
        }
        return NativeTensors.cast(owner, x, DType.FLOAT64);
    }

    private NDArray tensor(Network.Input input, long classes, long vocabulary) {
        long[] sizes =
                input.type().shape().stream().mapToLong(NetworkGradients::size).toArray();
        Shape shape = new Shape(sizes);
        Random random = new Random(input.name().hashCode());
        return switch (input.name()) {
            case "loss_scale" -> manager.create(0.2f);
            case "input_ids", "decoder_input_ids" -> ids(input.type(), shape, random, 3, vocabulary);
            case "labels" -> ids(input.type(), shape, random, 0, classes);
            case "token_type_ids" -> ids(input.type(), shape, random, 0, 1);
            case "attention_mask", "decoder_attention_mask" -> mask(shape);
            default -> throw new IllegalStateException("no idea what to pass for " + input);
        };
    }

    private NDArray ids(TensorType type, Shape shape, Random random, long from, long to) {
        assert !type.dtype().isFloating();
        return manager.create(random.longs(shape.size(), from, to).toArray(), shape);
    }

    /** The second row is three tokens shorter. */
    private NDArray mask(Shape shape) {
        long[] mask = new long[Math.toIntExact(shape.size())];
        java.util.Arrays.fill(mask, 0, mask.length - 3, 1);
        return manager.create(mask, shape);
    }

    private static long size(Dim dim) {
        Map<String, Long> sizes = new HashMap<>(SIZES);
        if (!dim.isConstant()) {
            sizes.putIfAbsent(dim.toString(), OTHER_SIZE);
        }
        return dim.evaluate(sizes);
    }
}
