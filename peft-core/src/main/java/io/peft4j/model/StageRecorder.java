package io.peft4j.model;

import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Program;
import io.peft4j.program.Recording;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Records one program call and remembers where each of its inputs comes from. */
final class StageRecorder {

    private final NetworkRecorder network;
    private final String path;
    private final Recording recording = new Recording();
    private final Map<String, Network.Argument> arguments = new LinkedHashMap<>();
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();

    StageRecorder(NetworkRecorder network, String path) {
        this.network = network;
        this.path = path;
    }

    NetworkRecorder network() {
        return network;
    }

    DType dtype() {
        return network.dtype();
    }

    boolean isTraining() {
        return network.isTraining();
    }

    /** Returns a value of the network inside this call. */
    Tensor value(int number, TensorType type) {
        return input("value." + number, type, new Network.Argument.Value(number));
    }

    /** Returns the values of another call that needs none of the network's. */
    List<Tensor> once(int slot, String name, Function<SharedSite, List<Tensor>> body) {
        return network.once(slot, name, body).stream()
                .map(value -> value(network.number(value), value.type()))
                .toList();
    }

    /** Returns a weight in the type to compute in. */
    Tensor weight(String name, long... shape) {
        return stored(name, shape).cast(dtype());
    }

    /** Returns a weight in the type that it is stored in. */
    Tensor stored(String name, long... shape) {
        network.declareWeight(name, shape);
        TensorType type = TensorType.of(network.dtype(name), shape);
        return input(relative(name), type, new Network.Argument.Weight(name));
    }

    Tensor parameter(int slot, String name, Initializer initializer, ParameterSpec.Role role, long... shape) {
        List<Long> sizes = java.util.Arrays.stream(shape).boxed().toList();
        network.declareParameter(new ParameterSpec(slot, name, sizes, role, initializer));
        return input(
                "%s@%d".formatted(relative(name), slot),
                TensorType.of(DType.FLOAT32, shape),
                new Network.Argument.Parameter(slot, name));
    }

    Dim rows(int group) {
        Tensor numbers = network.rows(group);
        value(network.number(numbers), numbers.type());
        return numbers.dim(0);
    }

    Tensor ofTexts(String name, int numbers) {
        Tensor chosen = network.ofTexts(name, numbers);
        return value(network.number(chosen), chosen.type());
    }

    Tensor seed() {
        return input("seed", TensorType.of(DType.INT64, new long[0]), new Network.Argument.Seed());
    }

    /** Ends the recording; inputs that turned out not to be needed are left out. */
    Network.Stage stage(List<Tensor> results, List<Integer> numbers) {
        Program program = recording.program(results);
        List<Network.Argument> used = program.inputNames().stream()
                .map(name -> java.util.Objects.requireNonNull(arguments.get(name)))
                .toList();
        return new Network.Stage(path, program, used, numbers);
    }

    private Tensor input(String name, TensorType type, Network.Argument argument) {
        arguments.put(name, argument);
        return inputs.computeIfAbsent(name, n -> recording.input(n, type));
    }

    /** Returns a name without this call's path, so that equal layers look alike to a reader. */
    private String relative(String name) {
        return name.startsWith(path + ".") ? name.substring(path.length() + 1) : name;
    }
}
