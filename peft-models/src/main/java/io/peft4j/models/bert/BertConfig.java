package io.peft4j.models.bert;

import io.peft4j.model.ModelConfig;
import io.peft4j.models.common.ActivationNames;
import io.peft4j.models.common.EncoderSizes;

/**
 * The sizes of a BERT or RoBERTa, from its {@code config.json}.
 *
 * @param sizes of the encoder
 * @param types token types
 */
public record BertConfig(EncoderSizes sizes, int types) {

    /** Reads a configuration; what is wrong is collected in it. */
    public static BertConfig of(ModelConfig config) {
        EncoderSizes sizes = new EncoderSizes(
                config.size("vocab_size"),
                config.size("hidden_size"),
                config.layers("num_hidden_layers"),
                config.size("num_attention_heads"),
                config.size("intermediate_size"),
                config.choice("hidden_act", "gelu", ActivationNames.ALL),
                config.size("max_position_embeddings", 512),
                config.positive("layer_norm_eps", 1e-12),
                config.positive("initializer_range", 0.02));
        config.require(
                sizes.width() % sizes.heads() == 0,
                "hidden_size %s must be a multiple of num_attention_heads %s",
                sizes.width(),
                sizes.heads());
        String positions = config.text("position_embedding_type", "absolute");
        config.require(positions.equals("absolute"), "position_embedding_type must be absolute: %s", positions);
        config.require(!config.flag("is_decoder", false), "is_decoder must be false: true");
        return new BertConfig(sizes, config.size("type_vocab_size", 2));
    }
}
