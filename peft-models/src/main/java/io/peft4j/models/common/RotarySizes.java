package io.peft4j.models.common;

import io.peft4j.model.ModelConfig;
import io.peft4j.program.Activation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The sizes of a decoder with rotary positions and a gated feed-forward.
 *
 * @param decoder what all decoders have
 * @param feedForward F
 * @param activation of the gate
 * @param epsilon of the norms
 * @param frequencies Hd/2 angles per position
 * @param windows how many tokens a query sees at most, by layer
 */
public record RotarySizes(
        DecoderSizes decoder,
        int feedForward,
        Activation activation,
        double epsilon,
        List<Double> frequencies,
        List<Long> windows) {

    private static final int MAX_HEAD_WIDTH = 65_536;

    public RotarySizes {
        frequencies = List.copyOf(frequencies);
        windows = List.copyOf(windows);
    }

    /**
     * Reads a configuration without windows; what is wrong is collected in it.
     *
     * @param headWidth Hd unless the configuration says it; 0 for D/H
     */
    public static RotarySizes of(ModelConfig config, int headWidth) {
        int width = config.size("hidden_size");
        int heads = config.size("num_attention_heads");
        int keyHeads = config.size("num_key_value_heads", heads);
        int features = config.size("head_dim", headWidth == 0 ? Math.max(width / heads, 1) : headWidth);
        int positions = config.size("max_position_embeddings", 2048);
        int layers = config.layers("num_hidden_layers");
        config.require(
                heads % keyHeads == 0,
                "num_attention_heads %s must be a multiple of num_key_value_heads %s",
                heads,
                keyHeads);
        boolean rotary = features % 2 == 0 && features <= MAX_HEAD_WIDTH;
        config.require(
                rotary, "head_dim must be even for rotary positions and at most %s: %s", MAX_HEAD_WIDTH, features);
        DecoderSizes decoder = new DecoderSizes(
                config.size("vocab_size"),
                width,
                layers,
                heads,
                heads % keyHeads == 0 ? keyHeads : heads,
                features,
                positions,
                RotaryFrequencies.areFixed(config) ? Integer.MAX_VALUE : positions,
                config.positive("initializer_range", 0.02),
                config.flag("tie_word_embeddings", false),
                config.token("pad_token_id"));
        return new RotarySizes(
                decoder,
                config.size("intermediate_size"),
                config.choice("hidden_act", "silu", ActivationNames.ALL),
                config.positive("rms_norm_eps", 1e-6),
                RotaryFrequencies.of(config, rotary ? features : 2, positions),
                Collections.nCopies(layers, PreNormDecoder.NO_WINDOW));
    }

    /** Returns the same sizes where every layer has a window. */
    public RotarySizes withWindow(long window) {
        return withWindows(Collections.nCopies(decoder.layers(), window));
    }

    /**
     * Returns the same sizes with the windows that a configuration of Qwen's kind asks for: where {@code use_sliding_window}
     * is set, in the layers that {@code layer_types} names, or from {@code max_window_layers} on.
     */
    public RotarySizes withWindowsOfLayers(ModelConfig config) {
        if (!config.flag("use_sliding_window", false)) {
            return this;
        }
        List<String> types = config.texts("layer_types");
        int first = config.index("max_window_layers", 28);
        long window = config.size("sliding_window", 4096);
        config.require(
                types.isEmpty() || types.size() == decoder.layers(),
                "layer_types must name %s layers: %s",
                decoder.layers(),
                types);
        List<Long> windows = new ArrayList<>();
        for (int i = 0; i < decoder.layers(); i++) {
            String type = i < types.size() ? types.get(i) : i >= first ? "sliding_attention" : "full_attention";
            config.require(
                    type.equals("sliding_attention") || type.equals("full_attention"),
                    "layer_types must be full_attention or sliding_attention: %s",
                    type);
            windows.add(type.equals("sliding_attention") ? window : PreNormDecoder.NO_WINDOW);
        }
        return withWindows(windows);
    }

    private RotarySizes withWindows(List<Long> other) {
        return new RotarySizes(decoder, feedForward, activation, epsilon, frequencies, other);
    }
}
