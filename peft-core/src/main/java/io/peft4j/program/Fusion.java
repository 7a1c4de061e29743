package io.peft4j.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replaces sums with matrix products by one operation: y + s·(x·Wᵀ) is computed while the product is added up.
 *
 * <p>A product is fused only if the sum is its only user. Scalings of a product go into the fused operation.
 */
final class Fusion {

    private final Program program;
    private final Map<Integer, Integer> uses = new HashMap<>();
    private final Map<Integer, Program.Node> producers = new HashMap<>();
    private final List<TensorType> types;

    private Fusion(Program program) {
        this.program = program;
        this.types = program.types();
        program.outputs().forEach(this::use);
        program.additions().forEach(a -> use(a.value()));
        for (Program.Node node : program.nodes()) {
            node.operands().forEach(this::use);
            node.results().forEach(result -> producers.put(result, node));
        }
    }

    /** Returns the program with fused operations. */
    static Program fuse(Program program) {
        return new Fusion(program).rewrite();
    }

    private void use(int id) {
        uses.merge(id, 1, Integer::sum);
    }

    private Program rewrite() {
        List<Program.Node> nodes = new ArrayList<>();
        for (Program.Node node : program.nodes()) {
            Program.@Nullable Node fused = node.op().equals(Elementwise.ADD) ? fuseSum(node, 1, 0) : null;
            if (fused == null && node.op().equals(Elementwise.ADD)) {
                fused = fuseSum(node, 0, 1);
            }
            nodes.add(fused == null ? node : fused);
        }
        return Program.of(program.inputs(), nodes, program.outputs(), program.additions(), types.size());
    }

    /** Returns the sum with its operand {@code product} computed inside, or null if that is not a lone product. */
    private Program.@Nullable Node fuseSum(Program.Node sum, int product, int other) {
        int y = sum.operands().get(other);
        int id = sum.operands().get(product);
        if (!types.get(y).equals(types.get(id)) || y == id) {
            return null;
        }
        double alpha = 1;
        Program.@Nullable Node node = onlyUse(id);
        if (node != null && node.op().name().equals("scale")) {
            alpha = (double) node.op().settings().get(0);
            node = onlyUse(node.operands().get(0));
        }
        if (node == null || node.operands().size() != 2) {
            return null;
        }
        boolean transposed = node.op().equals(LinearAlgebra.linear(true));
        if (!transposed && !node.op().equals(LinearAlgebra.linear(false))) {
            return null;
        }
        return new Program.Node(
                LinearAlgebra.addLinear(transposed, alpha),
                List.of(y, node.operands().get(0), node.operands().get(1)),
                sum.results());
    }

    private Program.@Nullable Node onlyUse(int id) {
        return uses.getOrDefault(id, 0) == 1 ? producers.get(id) : null;
    }
}
