package io.peft4j.lora;

/** A rank for a layer of some width. */
public final class LoraRank {

    private static final long NARROW = 512;
    private static final long MIDDLE = 2048;

    private LoraRank() {}

    /** Returns a rank by rule of thumb: 8 for fewer than 512 features, 64 for fewer than 2048, else 128. */
    public static int auto(long features) {
        Settings.check(features > 0, "the number of features must be positive: %d", features);
        return features < NARROW ? 8 : features < MIDDLE ? 64 : 128;
    }
}
