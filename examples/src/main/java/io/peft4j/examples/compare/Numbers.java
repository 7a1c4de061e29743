package io.peft4j.examples.compare;

import java.util.Locale;

/** Numbers as reports print them; one that there is not, because nothing was compared with, is a dash. */
final class Numbers {

    private static final String NONE = "-";

    private Numbers() {}

    /** Returns a fraction in per cent. */
    static String percent(double fraction) {
        return Double.isFinite(fraction) ? String.format(Locale.ROOT, "%.1f %%", 100 * fraction) : NONE;
    }

    /** Returns a factor. */
    static String factor(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%,.1f", value) : NONE;
    }
}
