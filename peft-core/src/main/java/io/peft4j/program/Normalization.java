package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Normalisations over the last dimension. */
final class Normalization {

    private static final int[] LAST = {-1};

    /** exp(x)/Σ exp(x) over the last dimension. */
    static final Op SOFTMAX = Definition.of("softmax")
            .script(s -> "torch.softmax(%s, -1)".formatted(s.operand(0)))
            .interpret(f -> f.operand(0).softmax(-1))
            .gradient((g, x, y) -> List.of(g.recording().apply(Normalization.SOFTMAX_GRADIENT, g, y.get(0))));

    /** y·(g − Σ g·y) for y = softmax(x). Operands g and y. */
    static final Op SOFTMAX_GRADIENT = Definition.of("softmaxGradient")
            .script(s -> "torch._softmax_backward_data(%s, -1, %d)"
                    .formatted(s.operands(), s.operandType(1).dtype().scalarType()))
            .interpret(f -> {
                NDArray g = f.operand(0);
                NDArray y = f.operand(1);
                return y.mul(g.sub(g.mul(y).sum(LAST, true)));
            });

    private Normalization() {}

    /** (x − mean)/√(variance + eps), times scale plus shift if they are operands too: Ba et al. 2016. */
    static Op layerNorm(double epsilon) {
        return Definition.of("layerNorm", epsilon)
                .script(s -> "torch.layer_norm(%s, [%s], %s, %s)"
                        .formatted(
                                s.operand(0),
                                s.size(s.operandType(0).dim(-1)),
                                s.operandCount() == 3 ? s.operand(1) + ", " + s.operand(2) : "None, None",
                                Script.number(epsilon)))
                .interpret(f -> {
                    NDArray x = f.operand(0);
                    NDArray normalized = centred(x).div(deviation(x, epsilon));
                    return f.operands() == 3 ? normalized.mul(f.operand(1)).add(f.operand(2)) : normalized;
                })
                .gradient((g, x, y) -> {
                    Recording recording = g.recording();
                    if (x.size() == 1) {
                        return List.of(recording.apply(layerNormGradient(epsilon), g, x.get(0)));
                    }
                    Tensor normalized = recording.apply(layerNorm(epsilon), x.get(0));
                    return List.of(
                            recording.apply(layerNormGradient(epsilon), g, x.get(0), x.get(1)),
                            g.multiply(normalized).sumTo(x.get(1)),
                            g.sumTo(x.get(2)));
                });
    }

    /** The gradient of x: (h − mean(h) − x̂·mean(h·x̂))/√(variance + eps), h = g·scale. Operands g, x and scale. */
    static Op layerNormGradient(double epsilon) {
        return Definition.of("layerNormGradient", epsilon)
                .script(s -> "__torch__.layer_norm_backward(%s, %s, %s, %s)"
                        .formatted(
                                s.operand(0),
                                s.operand(1),
                                s.operandCount() == 3 ? s.operand(2) : "None",
                                Script.number(epsilon)))
                .interpret(f -> {
                    NDArray x = f.operand(1);
                    NDArray h = f.operands() == 3 ? f.operand(0).mul(f.operand(2)) : f.operand(0);
                    NDArray deviation = deviation(x, epsilon);
                    NDArray normalized = centred(x).div(deviation);
                    NDArray projection = normalized.mul(h.mul(normalized).mean(LAST, true));
                    return h.sub(h.mean(LAST, true)).sub(projection).div(deviation);
                });
    }

    /** w·x/√(mean(x²) + eps): Zhang and Sennrich 2019. */
    static Op rmsNorm(double epsilon) {
        return Definition.of("rmsNorm", epsilon)
                .script(s -> "__torch__.rms_norm(%s, %s)".formatted(s.operands(), Script.number(epsilon)))
                .interpret(f -> f.operand(0).mul(f.operand(1)).div(root(f.operand(0), epsilon)))
                .gradient((g, x, y) -> List.of(
                        g.recording().apply(rmsNormGradient(epsilon), g, x.get(0), x.get(1)),
                        g.recording().apply(rmsNormWeightGradient(epsilon), g, x.get(0))));
    }

    /** The gradient of x: (h − x̂·mean(h·x̂))/ρ with ρ = √(mean(x²) + eps), x̂ = x/ρ, h = g·w. Operands g, x and w. */
    static Op rmsNormGradient(double epsilon) {
        return Definition.of("rmsNormGradient", epsilon)
                .script(s -> "__torch__.rms_norm_backward(%s, %s)".formatted(s.operands(), Script.number(epsilon)))
                .interpret(f -> {
                    NDArray h = f.operand(0).mul(f.operand(2));
                    NDArray root = root(f.operand(1), epsilon);
                    NDArray normalized = f.operand(1).div(root);
                    return h.sub(normalized.mul(h.mul(normalized).mean(LAST, true)))
                            .div(root);
                });
    }

    /** The gradient of w: Σ g·x̂ over all rows. Operands g and x. */
    static Op rmsNormWeightGradient(double epsilon) {
        return Definition.of("rmsNormWeightGradient", epsilon)
                .types(x -> TensorType.of(x.get(0).dtype(), x.get(0).dim(-1)))
                .script(s ->
                        "__torch__.rms_norm_weight_backward(%s, %s)".formatted(s.operands(), Script.number(epsilon)))
                .interpret(f -> {
                    NDArray normalized = f.operand(1).div(root(f.operand(1), epsilon));
                    return Elementwise.sumTo(f.operand(0).mul(normalized), f.shape(0));
                });
    }

    private static NDArray centred(NDArray x) {
        return x.sub(x.mean(LAST, true));
    }

    private static NDArray deviation(NDArray x, double epsilon) {
        return root(centred(x), epsilon);
    }

    private static NDArray root(NDArray x, double epsilon) {
        return x.square().mean(LAST, true).add(epsilon).sqrt();
    }
}
