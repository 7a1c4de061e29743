package io.peft4j.models.distilbert;

import io.peft4j.model.ModelConfig;
import io.peft4j.models.common.ActivationNames;
import io.peft4j.models.common.EncoderSizes;

/** Reads the sizes of a DistilBERT from its {@code config.json}, which has names of its own. */
final class DistilBertConfig {

    private static final double EPSILON = 1e-12;

    private DistilBertConfig() {}

    static EncoderSizes of(ModelConfig config) {
        EncoderSizes sizes = new EncoderSizes(
                config.size("vocab_size"),
                config.size("dim"),
                config.layers("n_layers"),
                config.size("n_heads"),
                config.size("hidden_dim"),
                config.choice("activation", "gelu", ActivationNames.ALL),
                config.size("max_position_embeddings", 512),
                EPSILON,
                config.positive("initializer_range", 0.02));
        config.require(
                sizes.width() % sizes.heads() == 0,
                "dim %s must be a multiple of n_heads %s",
                sizes.width(),
                sizes.heads());
        config.check();
        return sizes;
    }
}
