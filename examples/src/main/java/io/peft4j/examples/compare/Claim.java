package io.peft4j.examples.compare;

import java.util.List;
import java.util.Locale;

/**
 * What the literature says of a family of methods, to be set beside what was measured.
 *
 * @param family what the family is called
 * @param methods an expression that the names of its methods match
 * @param share claimed trainable share of the parameters
 * @param quality claimed quality
 * @param addedLatency claimed time added to a request
 */
record Claim(String family, String methods, String share, String quality, String addedLatency) {

    static final List<Claim> ALL = List.of(
            new Claim("LoRA", ".*lora.*|dora|vera|loha|lokr", ".01-.1 %", "under 1 % below full", "+0.5 ms"),
            new Claim(
                    "Adapter",
                    ".*(bottleneck|_bn|-bn|houlsby|pfeiffer|compacter).*",
                    ".1-1 %",
                    "",
                    "+1.2 ms (BERT-base: +0.3 ms)"),
            new Claim("Prompt tuning", ".*(prompt|ptuning|p-tuning|prefix).*", ".001-.01 %", "", "+0.1 ms"));

    /** Returns the rows that it speaks of. */
    List<Row> measured(List<Row> rows) {
        return rows.stream().filter(row -> row.method().matches(methods)).toList();
    }

    /** Returns a line with the claim and what was measured. */
    String line(List<Row> rows) {
        StringBuilder line = new StringBuilder("%s: %s of the parameters%s, %s"
                .formatted(family, share, quality.isEmpty() ? "" : ", " + quality, addedLatency));
        for (Row row : measured(rows)) {
            line.append(String.format(
                    Locale.ROOT,
                    "; measured with %s: %.3f %%, %s of full, %+.2f ms (%+.1f %%)",
                    row.method(),
                    100 * row.size().share(),
                    Numbers.percent(row.quality().attainment()),
                    row.cost().addedLatency(),
                    100 * row.cost().addedShare()));
        }
        return line.toString();
    }
}
