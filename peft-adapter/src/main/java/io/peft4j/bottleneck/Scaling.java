package io.peft4j.bottleneck;

/**
 * What a bottleneck's output is multiplied with.
 *
 * @param kind whether it is fixed or learned
 * @param factor the number if it is fixed, else 1, where learned ones start
 */
public record Scaling(Kind kind, double factor) {

    /** One learned number per bottleneck. */
    public static final Scaling LEARNED = new Scaling(Kind.LEARNED, 1);

    /** A learned number per feature. */
    public static final Scaling CHANNEL = new Scaling(Kind.CHANNEL, 1);

    /** Whether a factor is fixed or learned. */
    public enum Kind {
        FIXED,
        LEARNED,
        CHANNEL
    }

    public Scaling {
        if (!Double.isFinite(factor) || (kind != Kind.FIXED && factor != 1)) {
            throw new IllegalArgumentException("scaling must be a finite number, and 1 where it is learned: " + factor);
        }
    }

    /** Returns a number. */
    public static Scaling fixed(double factor) {
        return new Scaling(Kind.FIXED, factor);
    }
}
