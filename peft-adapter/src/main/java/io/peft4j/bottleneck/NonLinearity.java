package io.peft4j.bottleneck;

import io.peft4j.program.Activation;
import io.peft4j.program.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;

/** The function between a bottleneck's two projections, by the names of transformers and AdapterHub. */
public enum NonLinearity {
    RELU("relu", x -> x.activation(Activation.RELU)),
    /** x·Φ(x), exactly. */
    GELU("gelu", x -> x.activation(Activation.GELU)),
    GELU_PYTHON("gelu_python", x -> x.activation(Activation.GELU)),
    /** GELU with tanh in place of the error function. */
    GELU_NEW("gelu_new", x -> x.activation(Activation.GELU_TANH)),
    GELU_FAST("gelu_fast", x -> x.activation(Activation.GELU_TANH)),
    GELU_PYTORCH_TANH("gelu_pytorch_tanh", x -> x.activation(Activation.GELU_TANH)),
    GELU_ACCURATE("gelu_accurate", x -> x.activation(Activation.GELU_TANH)),
    /** x·σ(1.702·x). */
    QUICK_GELU("quick_gelu", x -> x.multiply(x.scale(1.702).activation(Activation.SIGMOID))),
    SILU("silu", x -> x.activation(Activation.SILU)),
    SWISH("swish", x -> x.activation(Activation.SILU)),
    TANH("tanh", x -> x.activation(Activation.TANH)),
    SIGMOID("sigmoid", x -> x.activation(Activation.SIGMOID)),
    LEAKYRELU("leakyrelu", x -> x.activation(Activation.LEAKY_RELU)),
    LEAKY_RELU("leaky_relu", x -> x.activation(Activation.LEAKY_RELU)),
    /** max(x, 0)². */
    RELU2("relu2", x -> x.activation(Activation.RELU).multiply(x.activation(Activation.RELU))),
    /** min(max(x, 0), 6). */
    RELU6("relu6", x -> x.activation(Activation.RELU).subtract(x.shift(-6).activation(Activation.RELU))),
    /** x·tanh(log(1 + eˣ)). */
    MISH("mish", x -> x.multiply(x.activation(Activation.SOFTPLUS).activation(Activation.TANH))),
    /** x. */
    LINEAR("linear", x -> x);

    private final String fileName;
    private final UnaryOperator<Tensor> function;

    NonLinearity(String fileName, UnaryOperator<Tensor> function) {
        this.fileName = fileName;
        this.function = function;
    }

    /** Returns the name in files. */
    public String fileName() {
        return fileName;
    }

    /** Returns the function of every element. */
    public Tensor apply(Tensor x) {
        return function.apply(x);
    }

    /**
     * Returns the function of a name, in either case.
     *
     * @throws IllegalArgumentException listing the names if there is none
     */
    public static NonLinearity of(String name) {
        return Arrays.stream(values())
                .filter(f -> f.fileName.equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("non-linearity %s is unknown; there are %s"
                        .formatted(
                                name,
                                Arrays.stream(values())
                                        .map(NonLinearity::fileName)
                                        .toList())));
    }
}
