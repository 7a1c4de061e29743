package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A function of one variable that is applied to every element, with its derivative. */
public enum Activation {
    /** x·Φ(x), exactly. */
    GELU(
            "torch.gelu(%1$s)",
            "torch.gelu_backward(%1$s, %2$s)", x -> x.mul(phi(x)), x -> phi(x).add(
                            x.mul(x.square().mul(-0.5).exp()).mul(1 / Math.sqrt(2 * Math.PI)))),
    /** x·Φ(x) with tanh in place of the error function. */
    GELU_TANH(
            "torch.gelu(%1$s, approximate=\"tanh\")",
            "torch.gelu_backward(%1$s, %2$s, approximate=\"tanh\")",
            x -> x.mul(0.5).mul(inner(x).tanh().add(1)),
            x -> {
                NDArray t = inner(x).tanh();
                NDArray slope = x.square().mul(3 * 0.044715).add(1).mul(Math.sqrt(2 / Math.PI));
                return t.add(1)
                        .mul(0.5)
                        .add(x.mul(0.5).mul(t.square().mul(-1).add(1)).mul(slope));
            }),
    /** max(x, 0). */
    RELU("torch.relu(%1$s)", "torch.threshold_backward(%1$s, %2$s, 0)", x -> x.mul(positive(x)), Activation::positive),
    /** x·σ(x). */
    SILU(
            "torch.silu(%1$s)",
            "torch.silu_backward(%1$s, %2$s)", x -> x.mul(sigmoid(x)), x -> sigmoid(x)
                    .mul(x.mul(sigmoid(x).mul(-1).add(1)).add(1))),
    /** The hyperbolic tangent. */
    TANH(
            "torch.tanh(%1$s)",
            "torch.tanh_backward(%1$s, torch.tanh(%2$s))",
            NDArray::tanh,
            x -> x.tanh().square().mul(-1).add(1)),
    /** 1/(1 + e⁻ˣ). */
    SIGMOID(
            "torch.sigmoid(%1$s)",
            "torch.sigmoid_backward(%1$s, torch.sigmoid(%2$s))", Activation::sigmoid, x -> sigmoid(x)
                    .mul(sigmoid(x).mul(-1).add(1))),
    /** log(1 + eˣ). */
    SOFTPLUS(
            "torch.softplus(%1$s)",
            "torch.softplus_backward(%1$s, %2$s, 1, 20)",
            x -> x.abs().mul(-1).exp().add(1).log().add(x.mul(positive(x))),
            Activation::sigmoid),
    /** x, or x/100 where x is negative. */
    LEAKY_RELU(
            "torch.leaky_relu(%1$s)",
            "torch.leaky_relu_backward(%1$s, %2$s, 0.01, False)",
            x -> x.mul(positive(x).mul(0.99).add(0.01)),
            x -> positive(x).mul(0.99).add(0.01)),
    /** eˣ. */
    EXP("torch.exp(%1$s)", "torch.mul(%1$s, torch.exp(%2$s))", NDArray::exp, NDArray::exp),
    /** The natural logarithm. */
    LOG("torch.log(%1$s)", "torch.div(%1$s, %2$s)", NDArray::log, x -> x.pow(-1)),
    /** √x. */
    SQRT(
            "torch.sqrt(%1$s)",
            "torch.div(torch.mul(%1$s, 0.5), torch.sqrt(%2$s))",
            NDArray::sqrt,
            x -> x.sqrt().pow(-1).mul(0.5)),
    /** |x|. */
    ABS("torch.abs(%1$s)", "torch.mul(%1$s, torch.sign(%2$s))", NDArray::abs, NDArray::sign);

    private final String script;
    private final String gradientScript;
    private final UnaryOperator<NDArray> function;
    private final UnaryOperator<NDArray> derivative;

    Activation(
            String script, String gradientScript, UnaryOperator<NDArray> function, UnaryOperator<NDArray> derivative) {
        this.script = script;
        this.gradientScript = gradientScript;
        this.function = function;
        this.derivative = derivative;
    }

    String script(String x) {
        return script.formatted(x);
    }

    String gradientScript(String gradient, String x) {
        return gradientScript.formatted(gradient, x);
    }

    /** Returns the script that overwrites x, or null where libtorch has none. */
    @Nullable
    String overwriting(String x) {
        int bracket = script.indexOf('(');
        return this == SOFTPLUS ? null : (script.substring(0, bracket) + "_" + script.substring(bracket)).formatted(x);
    }

    /** Returns the script that overwrites the gradient, or null where libtorch has none. */
    @Nullable
    String gradientOverwriting(String gradient, String x) {
        return this == GELU || this == SILU
                ? gradientScript.replace(")", ", grad_input=%1$s)").formatted(gradient, x)
                : null;
    }

    NDArray interpret(NDArray x) {
        return function.apply(x);
    }

    NDArray interpretDerivative(NDArray x) {
        return derivative.apply(x);
    }

    /** The standard normal distribution function. */
    private static NDArray phi(NDArray x) {
        return x.div(Math.sqrt(2)).erf().add(1).mul(0.5);
    }

    private static NDArray inner(NDArray x) {
        return x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    }

    private static NDArray sigmoid(NDArray x) {
        return x.mul(0.5).tanh().mul(0.5).add(0.5);
    }

    private static NDArray positive(NDArray x) {
        return x.gt(0).toType(x.getDataType(), false);
    }
}
