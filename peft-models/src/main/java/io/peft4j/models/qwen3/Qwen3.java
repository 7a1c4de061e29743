package io.peft4j.models.qwen3;

import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Module;
import io.peft4j.models.common.DecoderNames;
import io.peft4j.models.common.RotaryDecoder;
import io.peft4j.models.common.RotarySizes;
import io.peft4j.program.Tensor;

/**
 * Qwen3: a Llama that normalises each head's query and key before it turns them.
 *
 * <pre>
 * attention(x) = O·heads(turn(norm(Q·x)), turn(norm(K·x)), V·x)
 * </pre>
 */
final class Qwen3 extends RotaryDecoder {

    private static final int HEAD_WIDTH = 128;

    /** Makes Qwen3s. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "qwen3";
        }

        @Override
        public Architecture create(ModelConfig config) {
            RotarySizes sizes = RotarySizes.of(config, HEAD_WIDTH).withWindowsOfLayers(config);
            boolean attention = config.flag("attention_bias", false);
            config.check();
            return new Qwen3(sizes, new Biases(attention, attention, false));
        }
    }

    private Qwen3(RotarySizes sizes, Biases biases) {
        super(sizes, biases, DecoderNames.likeLlama("Qwen3"));
    }

    @Override
    protected Tensor heads(Module m, String name, Tensor x) {
        return m.rmsNorm(name + "_norm", x, rotary().epsilon());
    }
}
