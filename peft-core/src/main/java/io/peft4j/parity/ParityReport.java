package io.peft4j.parity;

import java.util.List;
import java.util.Locale;

/**
 * How far the numbers of two implementations are apart.
 *
 * @param quantities what was compared, in the order of the case
 * @param missing what the case holds but was not computed, each with the reason
 * @param inapplicable what the case holds but has no meaning here, each with the reason; it fails nothing
 * @param tolerance the largest relative difference that passes
 */
public record ParityReport(
        List<Quantity> quantities, List<String> missing, List<String> inapplicable, double tolerance) {

    /**
     * One tensor that both computed.
     *
     * @param name in the case
     * @param absolute largest difference
     * @param relative the same relative to the largest magnitude of the expected tensor
     */
    public record Quantity(String name, double absolute, double relative) {}

    public ParityReport {
        quantities = List.copyOf(quantities);
        missing = List.copyOf(missing);
        inapplicable = List.copyOf(inapplicable);
    }

    /** Returns whether there was something to compute, all of it was computed and is within the tolerance. */
    public boolean passes() {
        return !quantities.isEmpty() && missing.isEmpty() && quantities.stream().allMatch(this::passes);
    }

    private boolean passes(Quantity quantity) {
        return quantity.relative() <= tolerance;
    }

    /** Returns one line per quantity. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Quantity quantity : quantities) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-4s %-60s absolute %.3e  relative %.3e%n",
                    passes(quantity) ? "ok" : "FAIL",
                    quantity.name(),
                    quantity.absolute(),
                    quantity.relative()));
        }
        missing.forEach(line -> text.append("FAIL ").append(line).append(System.lineSeparator()));
        inapplicable.forEach(line -> text.append("n/a  ").append(line).append(System.lineSeparator()));
        return text.toString();
    }
}
