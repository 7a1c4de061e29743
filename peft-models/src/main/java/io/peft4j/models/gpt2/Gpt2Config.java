package io.peft4j.models.gpt2;

import io.peft4j.model.ModelConfig;
import io.peft4j.models.common.ActivationNames;
import io.peft4j.models.common.DecoderSizes;
import io.peft4j.program.Activation;

/**
 * The sizes of a GPT-2, from its {@code config.json}.
 *
 * @param sizes of the decoder
 * @param feedForward F
 * @param activation between the two feed-forward linears
 * @param epsilon of the layer norms
 * @param scale whether scores are divided by √Hd
 * @param scaleByLayer whether scores are divided by the number of the layer, counted from 1
 */
record Gpt2Config(
        DecoderSizes sizes,
        int feedForward,
        Activation activation,
        double epsilon,
        boolean scale,
        boolean scaleByLayer) {

    /** Reads a configuration; what is wrong is collected in it. */
    static Gpt2Config of(ModelConfig config) {
        int width = config.size("n_embd", 768);
        int heads = config.size("n_head", 12);
        config.require(width % heads == 0, "n_embd %s must be a multiple of n_head %s", width, heads);
        config.require(!config.flag("add_cross_attention", false), "add_cross_attention must be false: true");
        int positions = config.size("n_positions", 1024);
        DecoderSizes sizes = new DecoderSizes(
                config.size("vocab_size", 50257),
                width,
                config.layers("n_layer", 12),
                heads,
                heads,
                Math.max(width / heads, 1),
                positions,
                positions,
                config.positive("initializer_range", 0.02),
                config.flag("tie_word_embeddings", true),
                config.token("pad_token_id"));
        return new Gpt2Config(
                sizes,
                config.size("n_inner", 4 * width),
                config.choice("activation_function", "gelu_new", ActivationNames.ALL),
                config.positive("layer_norm_epsilon", 1e-5),
                config.flag("scale_attn_weights", true),
                config.flag("scale_attn_by_inverse_layer_idx", false));
    }
}
