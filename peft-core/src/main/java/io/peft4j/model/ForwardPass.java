package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Network.Argument;
import io.peft4j.program.CompiledProgram;
import io.peft4j.program.Kernels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A network compiled to run forward; any number of threads may run it at once. */
public final class ForwardPass {

    /** How a program is called. */
    private interface Call {
        List<NDArray> apply(CompiledProgram program, NDManager owner, List<NDArray> arguments);
    }

    private final Network network;
    private final List<CompiledProgram> programs;

    /** Compiles a network. */
    public ForwardPass(Network recorded, Kernels kernels) {
        this.network = kernels.packs() ? recorded.packed() : recorded;
        this.programs = network.stages().stream()
                .map(stage -> CompiledProgram.of(stage.program(), kernels))
                .toList();
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
        return run(owner, source, inputs, 0, CompiledProgram::run);
    }

    /**
     * Computes all named results under the thread's grad mode, so that libtorch's autograd can differentiate them.
     *
     * <p>Takes a pass that was compiled to {@link Kernels#DEFAULT}, and tensors that autograd may keep.
     *
     * @param seed decides the dropout masks
     */
    public Map<String, NDArray> record(NDManager owner, TensorSource source, Map<String, NDArray> inputs, long seed) {
        return run(owner, source, inputs, seed, CompiledProgram::record);
    }

    private Map<String, NDArray> run(
            NDManager owner, TensorSource source, Map<String, NDArray> inputs, long seed, Call call) {
        int[] uses = new int[network.values().size()];
        network.outputs().values().forEach(value -> uses[value]++);
        for (Network.Stage stage : network.stages()) {
            stage.arguments().forEach(argument -> {
                if (argument instanceof Argument.Value value) {
                    uses[value.number()]++;
                }
            });
        }
        Activations activations = new Activations(network, owner, source, inputs, seed, uses);
        for (int i = 0; i < programs.size(); i++) {
            int index = i;
            Network.Stage stage = network.stages().get(i);
            List<NDArray> arguments = stage.arguments().stream()
                    .map(argument -> activations.argument(argument, index))
                    .toList();
            activations.put(stage.results(), call.apply(programs.get(i), owner, arguments));
            activations.release(stage.arguments());
        }
        Map<String, NDArray> results = new LinkedHashMap<>();
        network.outputs().forEach((name, value) -> results.put(name, activations.value(value)));
        return results;
    }
}
