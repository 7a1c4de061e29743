package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Arrays;
import java.util.List;

/**
 * The loss of an output layer with many classes: Σ −log softmax(x·Wᵀ)[label], some rows at a time.
 *
 * <p>Logits of all rows never exist at once. The gradient of x is computed beside the loss while the logits of a row are
 * there, so that backward need not compute them again.
 */
final class LinearCrossEntropy {

    /** From so many classes on it pays. */
    private static final long MANY = 2048;

    /** How many bytes of logits there are at once: fewer make products slower, and more than 32 MiB would be mapped anew each time. */
    private static final long AT_ONCE = 28L << 20;

    /** How many logits become errors at once, in FLOAT32: so few that all passes over them stay in the cache. */
    private static final long IN_CACHE = 1L << 20;

    private LinearCrossEntropy() {}

    /**
     * The loss and its gradient of x.
     *
     * <ul>
     *   <li>x: [N, D]; W: [V, D]; labels: [N] INT64, −100 does not count
     *   <li>results: a FLOAT32 scalar, and [N, D]
     * </ul>
     */
    static final Op FORWARD = Definition.of("linearCrossEntropy")
            .manyTypes(x -> {
                Op.check(
                        x.get(0).rank() == 2
                                && x.get(1).rank() == 2
                                && x.get(0).dim(1).equals(x.get(1).dim(1))
                                && x.get(2).shape().equals(x.get(0).leading(1)),
                        "cross-entropy of x [N, D], W [V, D] and labels [N]: %s",
                        x);
                return List.of(TensorType.of(DType.FLOAT32, new Dim[0]), x.get(0));
            })
            .script(s -> "__torch__.linear_cross_entropy(%s, %d, %d, %d, %s, %s, %s)"
                    .formatted(
                            s.operands(),
                            Lookup.IGNORED,
                            rows(s.operandType(1)),
                            Math.max(IN_CACHE / s.operandType(1).dim(0).constant(), 1),
                            s.isUsed(1) ? "True" : "False",
                            onednn(s, false) && s.operandType(1).dtype() == DType.FLOAT32 ? "True" : "False",
                            onednn(s, true) ? "True" : "False"))
            .interpretMany(f -> {
                NDArray logits = f.operand(0).matMul(f.operand(1).transpose());
                NDArray target = Lookup.oneHot(f, 2, logits);
                return new NDList(
                        logits.logSoftmax(-1).mul(target).sum().neg(),
                        errors(logits, target).matMul(f.operand(1)));
            })
            .gradient((g, x, y) -> Arrays.asList(
                    y.get(1).multiply(g.cast(y.get(1).dtype())),
                    g.recording().apply(LinearCrossEntropy.WEIGHT_GRADIENT, g, x.get(0), x.get(1), x.get(2)),
                    null))
            .product(x -> x.get(0).elements().times(x.get(1).dim(0)).times(Dim.of(2)));

    /** g·Σ (softmax(x·Wᵀ) − one-hot(label))ᵀ·x. Operands g, x, W and labels. */
    static final Op WEIGHT_GRADIENT = Definition.of("linearCrossEntropyWeightGradient")
            .types(x -> x.get(2))
            .script(s -> "__torch__.linear_cross_entropy_weight_gradient(%s, %d, %d)"
                    .formatted(s.operands(), Lookup.IGNORED, rows(s.operandType(2))))
            .interpret(f -> {
                NDArray logits = f.operand(1).matMul(f.operand(2).transpose());
                NDArray errors = errors(logits, Lookup.oneHot(f, 3, logits));
                return errors.transpose().matMul(f.operand(1)).mul(f.operand(0));
            })
            .product(x -> x.get(1).dim(0).times(Dim.of(2)));

    /** Returns whether labels are predicted by so many classes that logits should not be kept. */
    static boolean pays(TensorType weight) {
        return weight.dim(0).isConstant() && weight.dim(0).constant() >= MANY;
    }

    private static long rows(TensorType weight) {
        return Math.max(AT_ONCE / (weight.dim(0).constant() * weight.dtype().bytes()), 1);
    }

    /** In BFLOAT16 oneDNN's inner product with so many classes takes five times as long as libtorch's own choice. */
    private static boolean onednn(Script s, boolean transposed) {
        return s.kernels().linear(transposed) == Kernels.LinearKernel.ONEDNN;
    }

    private static NDArray errors(NDArray logits, NDArray target) {
        return logits.softmax(-1).mul(target.sum(new int[] {1}, true)).sub(target);
    }
}
