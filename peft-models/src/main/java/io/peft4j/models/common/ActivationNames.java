package io.peft4j.models.common;

import io.peft4j.program.Activation;
import java.util.Map;

/** Hugging Face's names of activation functions in {@code config.json}. */
public final class ActivationNames {

    /** The functions by name. */
    public static final Map<String, Activation> ALL = Map.of(
            "gelu", Activation.GELU,
            "gelu_python", Activation.GELU,
            "gelu_new", Activation.GELU_TANH,
            "gelu_pytorch_tanh", Activation.GELU_TANH,
            "relu", Activation.RELU,
            "silu", Activation.SILU,
            "swish", Activation.SILU,
            "tanh", Activation.TANH);

    private ActivationNames() {}
}
