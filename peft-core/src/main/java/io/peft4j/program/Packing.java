package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A program that multiplies with weights as the native routine reads them, instead of having them laid out anew in every
 * call.
 *
 * @param program what computes the same
 * @param weights the inputs for which {@link #pack} makes what is to be passed, and whether packed for x·W instead of x·Wᵀ
 */
public record Packing(Program program, Map<String, Boolean> weights) {

    private static final TorchScriptModule SCRIPT = TorchScriptModule.load(new TorchScriptArchive()
            .method("pack", "w", "return ops.mkldnn._reorder_linear_weight(w.contiguous())")
            .method("pack_transposed", "w", "return ops.mkldnn._reorder_linear_weight(w.t().contiguous())"));

    public Packing {
        weights = Map.copyOf(weights);
    }

    /**
     * Returns a copy of a weight as the native routine reads it, which is good for nothing else.
     *
     * @param weight W [out, in]
     * @param transposed whether for x·W instead of x·Wᵀ
     */
    public static NDArray pack(NDManager owner, NDArray weight, boolean transposed) {
        return SCRIPT.run(owner, transposed ? "pack_transposed" : "pack", weight)
                .singletonOrThrow();
    }

    /**
     * Packs those weights that a program only multiplies with, always in one direction.
     *
     * @param frozen the inputs that may be packed
     */
    public static Packing of(Program program, Set<String> frozen) {
        Map<String, Boolean> weights = new LinkedHashMap<>();
        Set<Integer> ids = new HashSet<>();
        for (Program.Input input : program.inputs()) {
            Set<Boolean> directions = frozen.contains(input.name()) ? directions(program, input.id()) : Set.of();
            if (directions.size() == 1) {
                weights.put(input.name(), directions.iterator().next());
                ids.add(input.id());
            }
        }
        List<Program.Node> nodes =
                program.nodes().stream().map(node -> packed(node, ids)).toList();
        return new Packing(new Program(program.inputs(), nodes, program.outputs(), program.additions()), weights);
    }

    /** Returns whether a value is the transposed weight of the products that it is in; nothing if it is anything else. */
    private static Set<Boolean> directions(Program program, int id) {
        Set<Boolean> directions = new HashSet<>();
        for (Program.Node node : program.nodes()) {
            for (int i = 0; i < node.operands().size(); i++) {
                if (node.operands().get(i) == id) {
                    Boolean direction = i == weight(node.op()) ? direction(node.op()) : null;
                    if (direction == null) {
                        return Set.of();
                    }
                    directions.add(direction);
                }
            }
        }
        return program.outputs().contains(id) ? Set.of() : directions;
    }

    private static @Nullable Boolean direction(Op op) {
        for (boolean transposed : new boolean[] {false, true}) {
            if (op.equals(LinearAlgebra.linear(transposed)) || op.equals(LinearAlgebra.addLinear(transposed, 1))) {
                return transposed;
            }
        }
        return null;
    }

    /** Returns which operand of a product is the weight. */
    private static int weight(Op op) {
        return op.name().startsWith("add") ? 2 : 1;
    }

    private static Program.Node packed(Program.Node node, Set<Integer> ids) {
        int weight = weight(node.op());
        return direction(node.op()) != null && ids.contains(node.operands().get(weight))
                ? new Program.Node(LinearAlgebra.packed(node.op(), weight == 2), node.operands(), node.results())
                : node;
    }
}
