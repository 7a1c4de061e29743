package io.peft4j.train;

import io.peft4j.adapter.Selection;
import java.util.Locale;

/**
 * What a selection of adapters adds to the time of a request.
 *
 * @param selection the adapters, and how they work together
 * @param milliseconds median time of a request with them
 * @param base median time of a request to the base model alone, measured in turn
 */
public record AddedLatency(Selection selection, double milliseconds, double base) {

    /** Returns {@code milliseconds − base}. */
    public double added() {
        return milliseconds - base;
    }

    /** Returns {@code added / base}, a fraction. */
    public double share() {
        return added() / base;
    }

    /** Returns a line such as {@code stack(language, task): 5.10 ms, +1.02 ms (+25.0 %)}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "%s: %.2f ms, %+.2f ms (%+.1f %%)", selection, milliseconds, added(), 100 * share());
    }
}
