package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.peft4j.program.Kernels.LinearKernel;
import java.util.ArrayList;
import java.util.List;

/** Matrix products. */
final class LinearAlgebra {

    /**
     * Σ over all rows of the outer product gᵀ·x: the gradient of a weight.
     *
     * <ul>
     *   <li>g: [..., out]
     *   <li>x: [..., in]
     *   <li>result: [out, in]
     * </ul>
     */
    static final Op OUTER_SUM = Definition.of("outerSum")
            .types(operands -> {
                TensorType g = operands.get(0);
                TensorType x = operands.get(1);
                Op.check(
                        g.dtype() == x.dtype() && g.leading(1).equals(x.leading(1)),
                        "outerSum of rows that do not match: %s",
                        operands);
                return TensorType.of(g.dtype(), g.dim(-1), x.dim(-1));
            })
            .script(s -> s.isNarrow(1) && s.operandType(1).dtype() == DType.FLOAT32
                    ? "torch.mm(%s.t(), %s).t()".formatted(s.rows(1), s.rows(0))
                    : "torch.mm(%s.t(), %s)".formatted(s.rows(0), s.rows(1)))
            .interpret(f -> rows(f.operand(0)).transpose().matMul(rows(f.operand(1))))
            .gradient((gradient, x, y) ->
                    List.of(x.get(1).linear(gradient), gradient.recording().apply(linear(true), x.get(0), gradient)))
            .product(x -> x.get(0).leading(1).stream().reduce(Dim.of(1), Dim::times));

    private LinearAlgebra() {}

    /**
     * x·Wᵀ (+ b), or x·W when transposed.
     *
     * <ul>
     *   <li>x: [..., in]
     *   <li>W: [out, in]; transposed: [in, out]
     *   <li>b: [out]
     *   <li>result: [..., out]
     * </ul>
     */
    static Op linear(boolean transposed) {
        return Definition.of(transposed ? "linearTransposed" : "linear")
                .types(operands -> linearType(operands, transposed))
                .script(s -> s.linear(transposed))
                .interpret(f -> {
                    NDArray y = rows(f.operand(0))
                            .matMul(transposed ? f.operand(1) : f.operand(1).transpose());
                    return (f.operands() == 3 ? y.add(f.operand(2)) : y).reshape(new Shape(f.shape(0)));
                })
                .gradient((g, x, y) -> {
                    List<Tensor> gradients = new ArrayList<>();
                    gradients.add(g.recording().apply(linear(!transposed), g, x.get(1)));
                    gradients.add(transposed ? x.get(0).outerSum(g) : g.outerSum(x.get(0)));
                    if (x.size() == 3) {
                        gradients.add(g.sumTo(x.get(2)));
                    }
                    return gradients;
                })
                .product(x -> x.get(0).dim(-1));
    }

    private static TensorType linearType(List<TensorType> operands, boolean transposed) {
        TensorType x = operands.get(0);
        TensorType w = operands.get(1);
        Op.check(w.rank() == 2, "a linear weight has two dimensions: %s", w);
        Dim in = w.dim(transposed ? 0 : 1);
        Dim out = w.dim(transposed ? 1 : 0);
        Op.check(x.rank() > 0 && x.dim(-1).equals(in), "linear takes %s features, not those of %s", in, x);
        for (TensorType operand : operands) {
            Op.check(operand.dtype() == x.dtype(), "linear of different types: %s", operands);
        }
        if (operands.size() == 3) {
            Op.check(operands.get(2).shape().equals(List.of(out)), "bias of linear is [%s]: %s", out, operands);
        }
        return x.withLast(out);
    }

    /**
     * y + alpha·x·Wᵀ, or y + alpha·x·W when transposed: what a sum with a scaled linear is fused into.
     *
     * <ul>
     *   <li>y, result: [..., out]
     *   <li>x: [..., in]
     * </ul>
     */
    static Op addLinear(boolean transposed, double alpha) {
        return Definition.of(transposed ? "addLinearTransposed" : "addLinear", alpha)
                .script(s -> s.addLinear(transposed, alpha))
                .overwriting((s, i) -> i == 0 && s.isNarrow(1) ? s.addLinearInPlace(transposed, alpha) : null)
                .interpret(f -> {
                    NDArray w = transposed ? f.operand(2) : f.operand(2).transpose();
                    NDArray product = rows(f.operand(1)).matMul(w).mul(alpha);
                    return f.operand(0).add(product.reshape(new Shape(f.shape(0))));
                })
                .product(x -> x.get(1).dim(-1));
    }

    /** The same as another product, with a weight that is packed for it. */
    static Op packed(Op product, boolean added) {
        return Definition.of("packed", product)
                .manyTypes(product::infer)
                .script(s -> added ? LinearKernel.ONEDNN.addScript(s, false) : s.linear(LinearKernel.ONEDNN, false))
                .product(product::terms);
    }

    /** A packed product whose result is cut into several of so many features. */
    static Op joined(List<Dim> features) {
        return Definition.of("joined", features)
                .manyTypes(operands ->
                        features.stream().map(operands.get(0)::withLast).toList())
                .script(s ->
                        "torch.split_with_sizes(%s, %s, -1)".formatted(s.linear(LinearKernel.ONEDNN, false), features))
                .product(operands -> operands.get(0).dim(-1));
    }

    /**
     * a·b over the last two dimensions, either operand transposed first; leading dimensions must agree.
     *
     * <ul>
     *   <li>a: [..., n, k], b: [..., k, m]
     *   <li>result: [..., n, m]
     * </ul>
     *
     * <p>For c = a·b: da = g·bᵀ and db = aᵀ·g; a transposed operand gets the transposed gradient.
     */
    static Op matMul(boolean transposeA, boolean transposeB) {
        String swap = ".transpose(-2, -1)";
        return Definition.of("matMul", transposeA, transposeB)
                .types(operands -> matMulType(operands, transposeA, transposeB))
                .script(s -> "torch.matmul(%s%s, %s%s)"
                        .formatted(s.operand(0), transposeA ? swap : "", s.operand(1), transposeB ? swap : ""))
                .interpret(f -> {
                    NDArray a = transposeA ? swap(f.operand(0)) : f.operand(0);
                    return a.matMul(transposeB ? swap(f.operand(1)) : f.operand(1));
                })
                .gradient((g, x, y) -> {
                    Tensor a = x.get(0);
                    Tensor b = x.get(1);
                    return List.of(
                            transposeA ? b.matMul(g, transposeB, true) : g.matMul(b, false, !transposeB),
                            transposeB ? g.matMul(a, true, transposeA) : a.matMul(g, !transposeA, false));
                })
                .product(x -> x.get(0).dim(transposeA ? -2 : -1));
    }

    private static TensorType matMulType(List<TensorType> operands, boolean transposeA, boolean transposeB) {
        TensorType a = operands.get(0);
        TensorType b = operands.get(1);
        Op.check(
                a.rank() >= 2
                        && a.dtype() == b.dtype()
                        && a.rank() == b.rank()
                        && a.leading(2).equals(b.leading(2))
                        && a.dim(transposeA ? -2 : -1).equals(b.dim(transposeB ? -1 : -2)),
                "matMul of shapes that do not fit, transposed %s and %s: %s",
                transposeA,
                transposeB,
                operands);
        List<Dim> shape = new ArrayList<>(a.shape());
        shape.set(a.rank() - 2, a.dim(transposeA ? -1 : -2));
        shape.set(a.rank() - 1, b.dim(transposeB ? -2 : -1));
        return a.as(shape);
    }

    private static NDArray rows(NDArray x) {
        return x.reshape(-1, x.getShape().get(x.getShape().dimension() - 1));
    }

    private static NDArray swap(NDArray x) {
        return x.swapAxes(x.getShape().dimension() - 2, x.getShape().dimension() - 1);
    }
}
