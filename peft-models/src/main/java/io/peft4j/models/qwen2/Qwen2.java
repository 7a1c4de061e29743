package io.peft4j.models.qwen2;

import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.models.common.DecoderNames;
import io.peft4j.models.common.RotaryDecoder;
import io.peft4j.models.common.RotarySizes;

/** Qwen2: a Llama whose query, key and value have biases, with a sliding window in some layers if switched on. */
final class Qwen2 extends RotaryDecoder {

    /** Makes Qwen2s. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "qwen2";
        }

        @Override
        public Architecture create(ModelConfig config) {
            RotarySizes sizes = RotarySizes.of(config, 0).withWindowsOfLayers(config);
            config.check();
            return new Qwen2(sizes);
        }
    }

    private Qwen2(RotarySizes sizes) {
        super(sizes, new Biases(true, false, false), DecoderNames.likeLlama("Qwen2"));
    }
}
