package io.peft4j.models.common;

import io.peft4j.model.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How fast the pairs of rotary positions turn: θ^(−2i/Hd) per position for pair i (Su et al. 2021), and what later models
 * made of it to read longer texts.
 */
final class RotaryFrequencies {

    private RotaryFrequencies() {}

    /** Changes a frequency. */
    private interface Scaling {
        double apply(double frequency);
    }

    /** Reads the scaling of a configuration, of which an unknown type names itself. */
    private interface Reader {
        Scaling read(ModelConfig fields, int positions);
    }

    private static final String DYNAMIC = "dynamic";

    private static final Map<String, Reader> TYPES = Map.of(
            "default",
            (fields, positions) -> frequency -> frequency,
            // Differs from the default beyond the positions of the model alone, which are an error here.
            DYNAMIC,
            (fields, positions) -> frequency -> frequency,
            "linear",
            RotaryFrequencies::linear,
            "llama3",
            RotaryFrequencies::llama3);

    /** Returns Hd/2 angles per position; what is wrong is collected in the configuration. */
    static List<Double> of(ModelConfig config, int headWidth, int positions) {
        ModelConfig fields = fields(config);
        double theta = fields.positive("rope_theta", config.positive("rope_theta", 10000));
        double share = fields.positive("partial_rotary_factor", config.positive("partial_rotary_factor", 1));
        config.require(share == 1, "partial_rotary_factor must be 1: %s", share);
        Scaling scaling = fields.choice(typeKey(fields), "default", TYPES).read(fields, positions);
        List<Double> frequencies = new ArrayList<>();
        for (int i = 0; i < headWidth / 2; i++) {
            // Rounded to single precision, in which the reference keeps them.
            double frequency = (float) (1 / Math.pow(theta, (float) (2 * i) / headWidth));
            frequencies.add((double) (float) scaling.apply(frequency));
        }
        return frequencies;
    }

    /** Returns whether a position turns by the same angles in texts of any length. */
    static boolean areFixed(ModelConfig config) {
        ModelConfig fields = fields(config);
        return !fields.text(typeKey(fields), "default").equals(DYNAMIC);
    }

    private static ModelConfig fields(ModelConfig config) {
        return config.object(config.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
    }

    private static String typeKey(ModelConfig fields) {
        return fields.has("rope_type") ? "rope_type" : "type";
    }

    /** Positions divided by a factor. */
    private static Scaling linear(ModelConfig fields, int positions) {
        double factor = fields.positive("factor", 1);
        return frequency -> frequency / factor;
    }

    /** Slow turns divided by a factor, fast ones as they were, and a blend between (Llama 3.1). */
    private static Scaling llama3(ModelConfig fields, int positions) {
        double factor = fields.positive("factor", 8);
        double low = fields.positive("low_freq_factor", 1);
        double high = fields.positive("high_freq_factor", 4);
        double original = fields.size("original_max_position_embeddings", positions);
        fields.require(high > low, "high_freq_factor %s must be above low_freq_factor %s", high, low);
        return frequency -> {
            double turns = original * frequency / (2 * Math.PI);
            double blend = Math.min(Math.max((turns - low) / (high - low), 0), 1);
            return (1 - blend) * frequency / factor + blend * frequency;
        };
    }
}
