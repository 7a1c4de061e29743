package io.peft4j.models.mistral;

import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.models.common.DecoderNames;
import io.peft4j.models.common.RotaryDecoder;
import io.peft4j.models.common.RotarySizes;

/** Mistral: a Llama whose queries see the tokens of a sliding window, if the configuration has one. */
final class Mistral extends RotaryDecoder {

    /** Makes Mistrals. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "mistral";
        }

        @Override
        public Architecture create(ModelConfig config) {
            RotarySizes sizes = RotarySizes.of(config, 0);
            RotarySizes seen = config.has("sliding_window") ? sizes.withWindow(config.size("sliding_window")) : sizes;
            config.check();
            return new Mistral(seen);
        }
    }

    private Mistral(RotarySizes sizes) {
        super(sizes, new Biases(false, false, false), DecoderNames.likeLlama("Mistral"));
    }
}
