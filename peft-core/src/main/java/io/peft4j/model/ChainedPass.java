package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Network.Argument;
import io.peft4j.program.CompiledChain;
import io.peft4j.program.Kernels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A network compiled to run forward in one native call; any number of threads may run it at once. */
public final class ChainedPass {

    private final Network network;
    private final List<String> outputs;
    private final List<Argument> tensors;
    private final CompiledChain chain;

    /**
     * Compiles a network.
     *
     * @throws IllegalArgumentException if one of its calls draws random numbers
     */
    public ChainedPass(Network recorded, Kernels kernels) {
        this.network = kernels.packs() ? recorded.packed() : recorded;
        this.outputs = List.copyOf(network.outputs().keySet());
        Map<Argument, Integer> numbers = new LinkedHashMap<>();
        List<CompiledChain.Link> links = network.stages().stream()
                .map(stage -> new CompiledChain.Link(
                        stage.program(),
                        stage.arguments().stream()
                                .map(argument -> number(argument, numbers))
                                .toList(),
                        stage.results()))
                .toList();
        this.tensors = List.copyOf(numbers.keySet());
        List<Integer> inputs = new ArrayList<>(
                network.inputs().stream().map(Network.Input::value).toList());
        inputs.addAll(numbers.values());
        List<Integer> results = outputs.stream().map(network::output).toList();
        this.chain = new CompiledChain(inputs, links, results, kernels);
    }

    /** Returns the number of an argument; those that are no values of the network follow these. */
    private int number(Argument argument, Map<Argument, Integer> numbers) {
        if (argument instanceof Argument.Value value) {
            return value.number();
        } else if (argument instanceof Argument.Seed) {
            throw new IllegalArgumentException(
                    "a pass in one call has no seed for each stage; record it for inference");
        }
        return numbers.computeIfAbsent(argument, added -> network.values().size() + numbers.size());
    }

    /** Returns what runs. */
    public Network network() {
        return network;
    }

    /**
     * Computes all named results.
     *
     * @param owner the manager that the results are attached to
     * @param inputs the tensors of the batch by name
     */
    public Map<String, NDArray> run(NDManager owner, TensorSource source, Map<String, NDArray> inputs) {
        InputCheck.of(network, inputs);
        List<NDArray> arguments = new ArrayList<>();
        network.inputs().forEach(input -> arguments.add(Objects.requireNonNull(inputs.get(input.name()))));
        tensors.forEach(tensor -> arguments.add(source.tensor(tensor).orElseThrow()));
        List<NDArray> results = chain.run(owner, arguments);
        Map<String, NDArray> named = new LinkedHashMap<>();
        for (int i = 0; i < results.size(); i++) {
            named.put(outputs.get(i), results.get(i));
        }
        return named;
    }
}
