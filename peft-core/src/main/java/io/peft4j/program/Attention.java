package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;

/** Attention in one operation. */
final class Attention {

    private static final int[] LAST = {-1};

    private Attention() {}

    /**
     * softmax(scale·q·kᵀ + mask)·v block by block, without the matrix of probabilities in memory (Dao et al. 2022).
     *
     * <ul>
     *   <li>q: [B, H, T, Hd]; k, v: [B, H, S, Hd]; mask: broadcasts to [B, H, T, S]
     *   <li>results: [B, H, T, Hd], and the logarithm of each row's sum [B, H, T], FLOAT32, for backward
     * </ul>
     */
    static Op fused(double scale) {
        return Definition.of("attention", scale)
                .manyTypes(x -> {
                    TensorType q = x.get(0);
                    Op.check(
                            q.rank() == 4
                                    && x.get(1).equals(x.get(2))
                                    && x.get(1).dim(3).equals(q.dim(3))
                                    && x.get(3).rank() == 4,
                            "attention of [B, H, T, Hd], twice [B, H, S, Hd] and a mask of four dimensions: %s",
                            x);
                    return List.of(q, new TensorType(DType.FLOAT32, q.leading(1)));
                })
                .script(s -> "__torch__.attention(%s, %s)".formatted(s.operands(), Script.number(scale)))
                .interpretMany(f -> {
                    NDArray scores = scores(f, 0, scale);
                    NDArray largest = scores.max(LAST, true);
                    NDArray sums = scores.sub(largest).exp().sum(LAST, true);
                    return new NDList(
                            scores.softmax(-1).matMul(f.operand(2)),
                            largest.add(sums.log()).squeeze(-1));
                })
                .gradient((g, x, y) -> {
                    List<Tensor> operands = new ArrayList<>(List.of(g));
                    operands.addAll(x);
                    operands.addAll(y);
                    List<Tensor> gradients =
                            g.recording().applyAll(fusedGradient(scale), operands.toArray(Tensor[]::new));
                    return List.of(gradients.get(0), gradients.get(1), gradients.get(2), maskGradient(g, x, scale));
                })
                .product(x -> x.get(1).dim(2).times(Dim.of(2)));
    }

    /** The gradient of the mask, such as a learned bias of distances; it takes the matrix of probabilities p. */
    private static Tensor maskGradient(Tensor g, List<Tensor> x, double scale) {
        Tensor p = x.get(0)
                .scale(scale)
                .matMul(x.get(1), false, true)
                .add(x.get(3))
                .softmax(); // [B, H, T, S]
        Tensor dp = g.matMul(x.get(2), false, true);
        return g.recording().apply(Normalization.SOFTMAX_GRADIENT, dp, p).sumTo(x.get(3));
    }

    /** The gradients of q, k and v. Operands g, q, k, v, the mask and both results of {@link #fused}. */
    static Op fusedGradient(double scale) {
        return Definition.of("attentionGradient", scale)
                .manyTypes(x -> x.subList(1, 4))
                .script(s -> "__torch__.attention_backward(%s, %s)".formatted(s.operands(), Script.number(scale)))
                .interpretMany(f -> {
                    NDArray g = f.operand(0);
                    NDArray p = scores(f, 1, scale).softmax(-1);
                    NDArray dp = g.matMul(swap(f.operand(3)));
                    NDArray ds = p.mul(dp.sub(dp.mul(p).sum(LAST, true))).mul(scale);
                    return new NDList(ds.matMul(f.operand(2)), swap(ds).matMul(f.operand(1)), swap(p).matMul(g));
                })
                .product(x -> x.get(2).dim(2).times(Dim.of(5)));
    }

    private static NDArray scores(Interpreter.Frame f, int q, double scale) {
        return f.operand(q).mul(scale).matMul(swap(f.operand(q + 1))).add(f.operand(q + 3));
    }

    private static NDArray swap(NDArray x) {
        return x.transpose(0, 1, 3, 2);
    }
}
