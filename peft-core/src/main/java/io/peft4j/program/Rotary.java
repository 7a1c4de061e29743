package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

/** Rotary positions: pairs of features turned by an angle that grows with the position (Su et al. 2021). */
final class Rotary {

    private Rotary() {}

    /**
     * cos and sin of position·frequency, in FLOAT32.
     *
     * <ul>
     *   <li>positions: [...] INT64, n frequencies
     *   <li>results: [..., 2·n] twice, the angles one time after the other as {@link #rotate} pairs features
     * </ul>
     */
    static Op turns(List<Double> frequencies) {
        Dim width = Dim.of(2L * frequencies.size());
        return Definition.of("turns", frequencies)
                .manyTypes(x -> {
                    Op.check(x.get(0).dtype() == DType.INT64, "positions are INT64: %s", x.get(0));
                    List<Dim> shape = new java.util.ArrayList<>(x.get(0).shape());
                    shape.add(width);
                    TensorType result = new TensorType(DType.FLOAT32, shape);
                    return List.of(result, result);
                })
                .script(s -> "__torch__.turns(%s, %s)".formatted(s.operand(0), frequencies))
                .interpretMany(f -> {
                    long[] positions = f.operand(0).toLongArray();
                    int n = frequencies.size();
                    double[] cos = new double[positions.length * 2 * n];
                    double[] sin = new double[cos.length];
                    for (int i = 0; i < cos.length; i++) {
                        double angle = positions[i / (2 * n)] * frequencies.get(i % n);
                        cos[i] = Math.cos(angle);
                        sin[i] = Math.sin(angle);
                    }
                    Shape shape = new Shape(f.shape(0));
                    return new NDList(
                            f.cast(f.manager().create(cos, shape), DType.FLOAT32),
                            f.cast(f.manager().create(sin, shape), DType.FLOAT32));
                });
    }

    /**
     * Each pair (xᵢ, xᵢ₊ₕ) of the last dimension, h its half, turned by the angle of its position.
     *
     * <p>Operands x, cos and sin, which broadcast to x: x·cos + (−x₂, x₁)·sin.
     */
    static Op rotate(boolean backwards) {
        return Definition.of("rotate", backwards)
                .script(s -> "__torch__.rotate(%s, %s)".formatted(s.operands(), backwards ? "-1.0" : "1.0"))
                .interpret(f -> {
                    NDArray x = f.operand(0);
                    long half = x.getShape().get(x.getShape().dimension() - 1) / 2;
                    NDArray first = x.get("..., :" + half);
                    NDArray second = x.get("..., " + half + ":");
                    NDArray turned = second.neg().concat(first, -1).mul(backwards ? -1 : 1);
                    return x.mul(f.operand(1)).add(turned.mul(f.operand(2)));
                })
                .gradient((g, x, y) ->
                        Arrays.asList(g.recording().apply(rotate(!backwards), g, x.get(1), x.get(2)), null, null));
    }
}
