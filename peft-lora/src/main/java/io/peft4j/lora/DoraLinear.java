package io.peft4j.lora;

import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.program.Activation;
import io.peft4j.program.DType;
import io.peft4j.program.Tensor;

/**
 * A linear layer whose weight has a learned length and a low-rank update of its direction, row by row:
 *
 * <pre>
 * y = g·(W·x + s·B·A·x) + b,   g = m/‖W + s·B·A‖   W: [out, in] and b: [out] frozen, A: [r, in], B: [out, r], m: [out]
 * ‖W + s·B·A‖² = ‖W‖² + 2s·⟨W·Aᵀ, B⟩ + s²·⟨B·A·Aᵀ, B⟩
 * </pre>
 *
 * <p>The norms are constants to the gradient. The second line gives them without forming the sum: ‖W‖² never changes and
 * the rest is r wide. With dropout the factor acts on what is dropped too: y + (g − 1)·W·x̃ + g·s·B·A·x̃.
 *
 * @param lora A, B, s and the dropout
 */
record DoraLinear(LoraLinear lora) implements LinearUpdate {

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        Tensor g = gain(site).cast(site.dtype());
        if (lora.drops(site)) {
            Tensor dropped = lora.input(site, x);
            Tensor direction = lora.update(site, dropped).multiply(g);
            return y.add(dropped.linear(site.weight()).multiply(g.shift(-1))).add(direction);
        }
        Tensor scaled = y.add(lora.update(site, x)).multiply(g);
        Tensor bias = site.bias();
        return bias == null ? scaled : scaled.add(bias.multiply(g.scale(-1).shift(1)));
    }

    /** Returns g·(W + s·B·A). */
    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        LinearWeights directed = lora.merge(site, weights);
        return new LinearWeights(Rows.scale(directed.weight(), gain(site)), directed.bias());
    }

    /** Returns g [out] in FLOAT32. */
    private Tensor gain(LinearSite site) {
        double s = lora.scaling();
        Tensor a = lora.a(site).detach(); // [r, in]
        Tensor b = lora.b(site).detach(); // [out, r]
        Tensor wa = site.weight().linear(a); // [out, r]
        Tensor baa = b.matMul(a.matMul(a, false, true)); // [out, r]
        Tensor change = Rows.dot(wa.scale(2 * s).add(baa.scale(s * s)), b).cast(DType.FLOAT32);
        String weight = site.path() + ".weight";
        Tensor squares = site.derived("weight_norm_squared", WeightNorms.ofRows(weight, n -> n), site.out());
        Tensor m = site.master("lora_magnitude_vector", WeightNorms.ofRows(weight, Math::sqrt), site.out());
        return m.divide(squares.add(change).activation(Activation.SQRT));
    }
}
