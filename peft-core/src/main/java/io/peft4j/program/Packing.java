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
 * @param weights what {@link #pack} makes for an input, by its name
 */
public record Packing(Program program, Map<String, Packed> weights) {

    /**
     * Weights that are packed into one.
     *
     * @param inputs the inputs of the program before that had them; outputs of their products follow one another
     * @param transposed whether packed for x·W instead of x·Wᵀ
     */
    public record Packed(List<String> inputs, boolean transposed) {
        public Packed {
            inputs = List.copyOf(inputs);
        }
    }

    /**
     * oneDNN 3.7 packs FLOAT32 for 40 or 96 outputs in an order in which it does not read it, so what it packed has to prove
     * itself.
     */
    private static final TorchScriptModule SCRIPT = TorchScriptModule.load(
            new TorchScriptArchive()
                    .method(
                            "pack",
                            "weights: List[Tensor], transposed: bool",
                            """
                    w = torch.cat(weights, 0)
                    if transposed:
                      w = w.t()
                    w = w.contiguous()
                    packed = ops.mkldnn._reorder_linear_weight(w)
                    x = torch.cos(torch.arange(2 * w.size(1), dtype=6)).reshape([2, w.size(1)]).to(w.dtype)
                    y = torch.linear(x, w, None)
                    z = ops.mkldnn._linear_pointwise(x, packed, None, "none", [], "")
                    if bool(torch.le(torch.max(torch.abs(y - z)), torch.max(torch.abs(y)) * 0.05)):
                      return packed
                    return w
                    """));

    public Packing {
        weights = Map.copyOf(weights);
    }

    /** Returns a program as it is. */
    public static Packing none(Program program) {
        return new Packing(program, Map.of());
    }

    /**
     * Returns a copy of weights as the native routine reads them best, which is good for nothing else.
     *
     * @param weights W [out, in], of different out
     * @param transposed whether for x·W instead of x·Wᵀ
     */
    public static NDArray pack(NDManager owner, List<NDArray> weights, boolean transposed) {
        return SCRIPT.run(owner, "pack", weights, transposed).singletonOrThrow();
    }

    /**
     * Packs those weights that a program only multiplies with, always in one direction.
     *
     * @param frozen the inputs that may be packed
     */
    public static Packing of(Program program, Set<String> frozen) {
        Map<String, Packed> weights = new LinkedHashMap<>();
        Set<Integer> ids = new HashSet<>();
        for (Program.Input input : program.inputs()) {
            Set<Boolean> directions = frozen.contains(input.name()) ? directions(program, input.id()) : Set.of();
            if (directions.size() == 1) {
                boolean transposed = directions.iterator().next();
                weights.put(input.name(), new Packed(List.of(input.name()), transposed));
                ids.add(input.id());
            }
        }
        List<Program.Node> nodes =
                program.nodes().stream().map(node -> packed(node, ids)).toList();
        return new Packing(new Program(program.inputs(), nodes, program.outputs(), program.additions()), weights);
    }

    /** Does the same, and computes products of the same rows at once. */
    public static Packing joining(Program program, Set<String> frozen) {
        return new JoinedProducts(of(program, frozen)).packing();
    }

    /** Returns whether a value is the transposed weight of the products that it is in; nothing if it is anything else. */
    private static Set<Boolean> directions(Program program, int id) {
        Set<Boolean> directions = new HashSet<>();
        for (Program.Node node : program.nodes()) {
            Product product = Product.of(node.op());
            for (int i = 0; i < node.operands().size(); i++) {
                if (node.operands().get(i) == id) {
                    if (product == null || i != product.weight()) {
                        return Set.of();
                    }
                    directions.add(product.transposed());
                }
            }
        }
        return program.outputs().contains(id) ? Set.of() : directions;
    }

    private static Program.Node packed(Program.Node node, Set<Integer> ids) {
        Product product = Product.of(node.op());
        return product != null && ids.contains(node.operands().get(product.weight()))
                ? new Program.Node(LinearAlgebra.packed(node.op(), product.added()), node.operands(), node.results())
                : node;
    }

    /**
     * An operation that takes packed weights.
     *
     * @param added whether the product is added to operand 0, so that its own operands follow
     */
    private record Product(boolean transposed, boolean added) {

        /** Returns which product an operation is, or null if it is none. */
        static @Nullable Product of(Op op) {
            for (boolean transposed : new boolean[] {false, true}) {
                boolean added = op.equals(LinearAlgebra.addLinear(transposed, 1));
                if (added || op.equals(LinearAlgebra.linear(transposed))) {
                    return new Product(transposed, added);
                }
            }
            return null;
        }

        /** Returns which operand is the weight. */
        int weight() {
            return added ? 2 : 1;
        }
    }
}
