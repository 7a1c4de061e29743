package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time of a program goes: every operation compiled and timed by itself.
 *
 * <p>The sum is a little more than the program takes, by one native call per operation.
 */
public final class Profile {

    private static final int ROUNDS = 7;

    private Profile() {}

    /** Returns the milliseconds of each operation, with its operands' types, in the order of the program. */
    public static Map<String, Double> of(Program program, Kernels kernels, List<NDArray> arguments, NDManager owner) {
        Map<String, Double> times = new LinkedHashMap<>();
        NDArray[] values = new NDArray[program.types().size()];
        for (int i = 0; i < arguments.size(); i++) {
            values[i] = arguments.get(i);
        }
        for (int n = 0; n < program.nodes().size(); n++) {
            Program.Node node = program.nodes().get(n);
            Recording recording = new Recording();
            // Every input is declared, so that sizes can be read off the ones that have them.
            Tensor[] operands = new Tensor[node.operands().size()];
            for (int k = 0; k < operands.length; k++) {
                TensorType type = program.types().get(node.operands().get(k));
                String name = "x" + node.operands().get(k);
                operands[k] = k > 0 && node.operands().indexOf(node.operands().get(k)) < k
                        ? operands[node.operands().indexOf(node.operands().get(k))]
                        : recording.input(name, type);
            }
            for (Program.Input input : program.inputs()) {
                if (!node.operands().contains(input.id())) {
                    recording.input("x" + input.id(), input.type());
                }
            }
            Program single = recording.program(recording.applyAll(node.op(), operands));
            List<NDArray> own = single.inputNames().stream()
                    .map(name -> values[Integer.parseInt(name.substring(1))])
                    .toList();
            CompiledProgram compiled = CompiledProgram.of(single, kernels);
            double[] laps = new double[ROUNDS];
            List<NDArray> results = List.of();
            for (int round = 0; round < ROUNDS; round++) {
                results.forEach(NDArray::close);
                long begin = System.nanoTime();
                results = compiled.run(owner, own);
                laps[round] = (System.nanoTime() - begin) / 1e6;
            }
            Arrays.sort(laps);
            for (int k = 0; k < results.size(); k++) {
                values[node.results().get(k)] = results.get(k);
            }
            times.put(
                    "%3d %s %s"
                            .formatted(
                                    n,
                                    node.op(),
                                    node.operands().stream()
                                            .map(id -> Arrays.toString(
                                                    values[id].getShape().getShape()))
                                            .toList()),
                    laps[ROUNDS / 2]);
        }
        return times;
    }
}
