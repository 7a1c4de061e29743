package io.peft4j.adapterhub;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.bottleneck.LeaveOut;
import java.util.List;

/**
 * LoRA and (IA)³ as AdapterHub has them: by the role of a linear in its layer, optionally gated.
 *
 * @param places which linears
 * @param rank inner dimension of the factors; 1 where outputs are scaled
 * @param alpha numerator of the scaling
 * @param dropout probability of dropping an input of A, in [0, 1)
 * @param mode whether an update is added or outputs are scaled
 * @param gating whether a learned gate per text weighs the update, in the place of alpha/rank
 * @param init how the factors start
 */
public record HubLoraConfig(Places places, int rank, double alpha, double dropout, Mode mode, boolean gating, Init init)
        implements PeftConfig {

    static final String TYPE = "ADAPTERHUB_LORA";

    /**
     * Which linears of each layer.
     *
     * @param selfAttention the projections of attention named in {@code matrices}
     * @param intermediate the first linear of the feed-forward part
     * @param output the second one
     * @param matrices of {@code q}, {@code k} and {@code v}
     * @param leaveOut layers without any
     */
    public record Places(
            boolean selfAttention, boolean intermediate, boolean output, List<String> matrices, LeaveOut leaveOut) {
        public Places {
            matrices = List.copyOf(matrices);
            if (!List.of("q", "k", "v").containsAll(matrices)) {
                throw new IllegalArgumentException("attn_matrices are of q, k and v: " + matrices);
            }
        }
    }

    /** What happens to a linear's output. */
    public enum Mode {
        /** y + (alpha/rank)·B·A·x. */
        ADD,
        /** y·B, feature by feature. */
        SCALE
    }

    /** How the factors start. */
    public enum Init {
        /** A as {@code torch.nn.Linear}, B 0. */
        LORA,
        /** Both from N(0, 0.02²). */
        BERT,
        /** 1. */
        IA3
    }

    public HubLoraConfig {
        if (rank < 1 || (mode == Mode.SCALE && rank != 1)) {
            throw new IllegalArgumentException("r must be positive, and 1 where outputs are scaled: " + rank);
        }
        if (!(alpha > 0) || Double.isInfinite(alpha) || !(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException(
                    "alpha must be positive and dropout in [0, 1): %s and %s".formatted(alpha, dropout));
        }
        if (mode == Mode.SCALE && dropout > 0) {
            throw new IllegalArgumentException("scaling outputs has no dropout: " + dropout);
        }
    }

    /** Returns LoRA on queries and values: {@code lora}. */
    public static HubLoraConfig lora(int rank, double alpha) {
        Places places = new Places(true, false, false, List.of("q", "v"), LeaveOut.NONE);
        return new HubLoraConfig(places, rank, alpha, 0, Mode.ADD, false, Init.LORA);
    }

    /** Returns (IA)³ on keys, values and the inner features of the feed-forward part: {@code ia3}. */
    public static HubLoraConfig ia3() {
        Places places = new Places(true, true, false, List.of("k", "v"), LeaveOut.NONE);
        return new HubLoraConfig(places, 1, 1, 0, Mode.SCALE, false, Init.IA3);
    }

    /** Returns the same with a gate. */
    public HubLoraConfig gated() {
        return new HubLoraConfig(places, rank, alpha, dropout, mode, true, init);
    }

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public List<String> modulesToSave() {
        return List.of();
    }
}
