package io.peft4j.lora;

import java.util.Locale;

/** Checks of settings. */
final class Settings {

    private Settings() {}

    static void check(boolean holds, String rule, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(String.format(Locale.ROOT, rule, values));
        }
    }

    static void checkProbability(String name, double value) {
        check(value >= 0 && value < 1, "%s must be in [0, 1): %s", name, value);
    }

    static void checkFactors(int rank, double alpha, LoraPatterns patterns) {
        check(rank > 0, "rank must be positive: %d", rank);
        check(alpha > 0 && alpha < Double.POSITIVE_INFINITY, "alpha must be positive: %s", alpha);
        patterns.rank().forEach((key, value) -> check(value > 0, "rank of %s must be positive: %d", key, value));
        patterns.alpha().forEach((key, value) -> check(value > 0, "alpha of %s must be positive: %s", key, value));
    }
}
