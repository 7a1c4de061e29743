package io.peft4j.models.t5;

import io.peft4j.model.ModelConfig;
import io.peft4j.models.common.ActivationNames;
import io.peft4j.program.Activation;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sizes of a T5, from its {@code config.json}.
 *
 * @param vocabulary V
 * @param width D
 * @param encoderLayers how many
 * @param decoderLayers how many
 * @param heads H
 * @param headWidth Hd; H·Hd need not be D
 * @param feedForward its width and form
 * @param positions how distances between tokens are told apart
 * @param epsilon of the norms
 * @param initializerRange standard deviation of new weights
 * @param output what the output layer is
 * @param tokens ids with a meaning
 */
record T5Config(
        int vocabulary,
        int width,
        int encoderLayers,
        int decoderLayers,
        int heads,
        int headWidth,
        FeedForward feedForward,
        Positions positions,
        double epsilon,
        double initializerRange,
        Output output,
        Tokens tokens) {

    /**
     * The feed-forward.
     *
     * @param width F
     * @param activation after the first linear
     * @param gated whether a second linear multiplies what the activation gives, as in version 1.1
     */
    record FeedForward(int width, Activation activation, boolean gated) {}

    /**
     * The buckets of distances.
     *
     * @param buckets how many
     * @param farthest the distance from which on all are one
     */
    record Positions(int buckets, int farthest) {}

    /**
     * The output layer.
     *
     * @param tied whether it is the embedding, unless the checkpoint has another
     * @param scaled whether hidden states are scaled by 1/√D before it, as in version 1.0
     */
    record Output(boolean tied, boolean scaled) {}

    /**
     * Ids with a meaning.
     *
     * @param start what the decoder begins with
     * @param padding what fills the end of texts
     * @param end what ends a text, −1 if nothing does
     */
    record Tokens(int start, int padding, int end) {}

    private static final Map<String, FeedForward> FORMS = forms();

    /** Reads a configuration; what is wrong is collected in it. */
    static T5Config of(ModelConfig config) {
        int encoderLayers = config.layers("num_layers");
        FeedForward form = config.choice("feed_forward_proj", "relu", FORMS);
        boolean tied = config.flag("tie_word_embeddings", true);
        boolean scaled = config.flag("scale_decoder_outputs", tied);
        int padding = config.index("pad_token_id", 0);
        int width = config.size("d_model", 512);
        T5Config t5 = new T5Config(
                config.size("vocab_size"),
                width,
                encoderLayers,
                config.layers("num_decoder_layers", encoderLayers),
                config.size("num_heads"),
                config.size("d_kv"),
                new FeedForward(config.size("d_ff"), form.activation(), form.gated()),
                new Positions(
                        config.size("relative_attention_num_buckets", 32),
                        config.size("relative_attention_max_distance", 128)),
                config.positive("layer_norm_epsilon", 1e-6),
                config.positive("initializer_factor", 1) / Math.sqrt(width),
                new Output(tied, scaled),
                new Tokens(config.index("decoder_start_token_id", padding), padding, config.index("eos_token_id", 1)));
        int buckets = t5.positions().buckets();
        config.require(buckets % 4 == 0, "relative_attention_num_buckets must be a multiple of 4: %s", buckets);
        config.require(
                t5.positions().farthest() > buckets / 2,
                "relative_attention_max_distance %s must be above half of relative_attention_num_buckets %s",
                t5.positions().farthest(),
                buckets);
        return t5;
    }

    /** Returns the forms by Hugging Face's names; {@code gated-gelu} has the tanh approximation, whatever it says. */
    private static Map<String, FeedForward> forms() {
        Map<String, FeedForward> forms = new TreeMap<>();
        ActivationNames.ALL.forEach((name, activation) -> {
            forms.put(name, new FeedForward(1, activation, false));
            forms.put("gated-" + name, new FeedForward(1, activation, true));
        });
        forms.put("gated-gelu", new FeedForward(1, Activation.GELU_TANH, true));
        return forms;
    }
}
