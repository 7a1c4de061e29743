package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import io.peft4j.program.Packing;
import io.peft4j.program.Program;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A recorded model: program calls in order, over weights, adapter parameters and the values of earlier calls.
 *
 * <p>Values are numbered; those of {@link #inputs} come from the batch.
 *
 * @param stages the calls in order
 * @param inputs what a batch has to provide
 * @param outputs the numbers of named results
 * @param values the types of all values by number
 * @param parameters the tensors that adapters add, in the order of their first use
 */
public record Network(
        List<Stage> stages,
        List<Input> inputs,
        Map<String, Integer> outputs,
        List<TensorType> values,
        List<ParameterSpec> parameters) {

    /**
     * One program call.
     *
     * @param path the module path that the call computes
     * @param program what it computes
     * @param arguments where each input of the program comes from
     * @param results the numbers of the values it returns
     */
    public record Stage(String path, Program program, List<Argument> arguments, List<Integer> results) {

        /** Returns the same call with packed weights, which computes forward only. */
        Stage packed() {
            Packing packing = Packing.joining(program, frozen());
            List<Argument> packed = packing.program().inputNames().stream()
                    .map(name -> argument(name, packing.weights().get(name)))
                    .toList();
            return new Stage(path, packing.program(), packed, results);
        }

        /** Returns what is passed for an input, or for what it is packed into. */
        Argument argument(String name, Packing.@Nullable Packed packed) {
            return packed == null
                    ? arguments.get(program.inputNames().indexOf(name))
                    : new Argument.PackedWeight(
                            packed.inputs().stream()
                                    .map(input -> ((Argument.Weight) argument(input, null)).name())
                                    .toList(),
                            packed.transposed());
        }

        /** Returns the inputs that are frozen weights. */
        Set<String> frozen() {
            Set<String> names = new HashSet<>();
            for (int i = 0; i < arguments.size(); i++) {
                if (arguments.get(i) instanceof Argument.Weight) {
                    names.add(program.inputNames().get(i));
                }
            }
            return names;
        }
    }

    /**
     * A tensor of the batch.
     *
     * @param kept whether it is room for what stays between the calls of generation
     * @param numbers how many its whole numbers choose from, or 0 where that is not said
     */
    public record Input(String name, TensorType type, int value, boolean kept, int numbers) {

        Input choosingFrom(int more) {
            return new Input(name, type, value, kept, Math.max(numbers, more));
        }
    }

    /** Where an input of a program comes from. */
    public sealed interface Argument {

        /** An input of the network or a result of an earlier call. */
        record Value(int number) implements Argument {}

        /** A frozen weight. */
        record Weight(String name) implements Argument {}

        /** Frozen weights that are {@linkplain Packing packed} into one, for x·W if transposed. */
        record PackedWeight(List<String> names, boolean transposed) implements Argument {

            public PackedWeight {
                names = List.copyOf(names);
            }
        }

        /** A tensor of the adapter in a slot of the selection. */
        record Parameter(int slot, String name) implements Argument {}

        /** The seed of this call in this step. */
        record Seed() implements Argument {}
    }

    public Network {
        stages = List.copyOf(stages);
        inputs = List.copyOf(inputs);
        outputs = Map.copyOf(outputs);
        values = List.copyOf(values);
        parameters = List.copyOf(parameters);
    }

    /** Returns the same network in which the adapter in one slot trains and those in other slots do not. */
    public Network training(int slot) {
        List<ParameterSpec> changed = parameters.stream()
                .map(parameter -> parameter.slot() == slot ? parameter : parameter.frozen())
                .toList();
        return new Network(stages, inputs, outputs, values, changed);
    }

    /** Returns the same network with packed weights, which computes forward only. */
    Network packed() {
        return new Network(stages.stream().map(Stage::packed).toList(), inputs, outputs, values, parameters);
    }

    /**
     * Returns the network of the one call of a path that needs nothing but tensors of adapters; its first result has the
     * name of the path. Empty if there is no such call.
     */
    public Optional<Network> part(String path) {
        return stages.stream()
                .filter(stage -> stage.path().equals(path)
                        && stage.arguments().stream().noneMatch(Argument.Value.class::isInstance))
                .findFirst()
                .map(stage -> new Network(
                        List.of(stage), List.of(), Map.of(path, stage.results().get(0)), values, parameters));
    }

    /** Returns the values of the named sizes for a batch. */
    public Map<String, Long> sizes(Map<String, NDArray> batch) {
        Map<String, Long> sizes = new HashMap<>();
        for (Input input : inputs) {
            NDArray array = batch.get(input.name());
            for (int axis = 0; array != null && axis < input.type().rank(); axis++) {
                if (!input.type().dim(axis).isConstant()) {
                    sizes.put(
                            input.type().dim(axis).toString(), array.getShape().get(axis));
                }
            }
        }
        NDArray labels = batch.get("labels");
        if (labels != null) {
            sizes.put(Tensor.TARGETS, labels.size()); // At most so many; only a run knows.
        }
        return sizes;
    }

    /**
     * Returns the number of a named result.
     *
     * @throws IllegalArgumentException if the network has none of that name
     */
    public int output(String name) {
        Integer value = outputs.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "the network has no output %s, only %s".formatted(name, outputs.keySet()));
        }
        return value;
    }
}
