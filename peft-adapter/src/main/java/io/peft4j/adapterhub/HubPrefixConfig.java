package io.peft4j.adapterhub;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.bottleneck.LeaveOut;
import io.peft4j.bottleneck.NonLinearity;
import java.util.List;

/**
 * Prefix tuning as AdapterHub has it: learned keys and values before those of the text, optionally gated.
 *
 * @param length P, how many keys and values each attention gets
 * @param encoder what they come from
 * @param places which attentions have some
 * @param gate what weighs them
 * @param dropout probability of dropping an element of them, in [0, 1)
 */
public record HubPrefixConfig(int length, Encoder encoder, Places places, Gate gate, double dropout)
        implements PeftConfig {

    static final String TYPE = "ADAPTERHUB_PREFIX_TUNING";

    /** How many there are if nobody says. */
    public static final int DEFAULT_LENGTH = 30;

    /**
     * What the keys and values come from: learned vectors z [P, D] through W₂·φ(W₁·z), or nothing, where they are learned
     * themselves.
     *
     * @param flat whether there is no network
     * @param size of the inner layer
     * @param nonLinearity φ
     */
    public record Encoder(boolean flat, int size, NonLinearity nonLinearity) {

        /** The network that AdapterHub has by default. */
        public static final Encoder DEFAULT = new Encoder(false, 512, NonLinearity.TANH);

        public Encoder {
            if (size < 1) {
                throw new IllegalArgumentException("bottleneck_size must be positive: " + size);
            }
        }
    }

    /**
     * Which attentions have a prefix; those over the text that is written always have.
     *
     * @param source whether those of an encoder-decoder's encoder have
     * @param cross whether those of its decoder over the source have
     * @param leaveOut layers without any
     */
    public record Places(boolean source, boolean cross, LeaveOut leaveOut) {

        /** All. */
        public static final Places ALL = new Places(true, true, LeaveOut.NONE);
    }

    /** How many numbers per text and attention weigh the prefix. */
    public enum Gate {
        NONE,
        /** One for keys and values. */
        SHARED,
        /** One for keys and one for values. */
        SEPARATE
    }

    public HubPrefixConfig {
        if (length < 1) {
            throw new IllegalArgumentException("prefix_length must be positive: " + length);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout must be in [0, 1): " + dropout);
        }
    }

    /** Returns prefixes of some length that a network of two layers computes: {@code prefix_tuning}. */
    public static HubPrefixConfig of(int length) {
        return new HubPrefixConfig(length, Encoder.DEFAULT, Places.ALL, Gate.NONE, 0);
    }

    /** Returns prefixes of some length that are learned themselves: {@code prefix_tuning_flat}. */
    public static HubPrefixConfig flat(int length) {
        return of(length).encoder(new Encoder(true, 512, NonLinearity.TANH));
    }

    /** Returns the same with another encoder. */
    public HubPrefixConfig encoder(Encoder value) {
        return new HubPrefixConfig(length, value, places, gate, dropout);
    }

    /** Returns the same with a gate. */
    public HubPrefixConfig gate(Gate value) {
        return new HubPrefixConfig(length, encoder, places, value, dropout);
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
