package io.peft4j.models.llama;

import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.models.common.DecoderNames;
import io.peft4j.models.common.RotaryDecoder;
import io.peft4j.models.common.RotarySizes;

/** Llama, with the rotary scaling of its third generation and keys that several queries share. */
final class Llama extends RotaryDecoder {

    /** Makes Llamas. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "llama";
        }

        @Override
        public Architecture create(ModelConfig config) {
            RotarySizes sizes = RotarySizes.of(config, 0);
            boolean attention = config.flag("attention_bias", false);
            Biases biases = new Biases(attention, attention, config.flag("mlp_bias", false));
            config.check();
            return new Llama(sizes, biases);
        }
    }

    private Llama(RotarySizes sizes, Biases biases) {
        super(sizes, biases, DecoderNames.likeLlama("Llama"));
    }
}
