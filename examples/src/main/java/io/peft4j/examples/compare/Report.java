package io.peft4j.examples.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A finished comparison.
 *
 * @param base the base model
 * @param task what was learned
 * @param trainRows rows trained on
 * @param devRows rows scored on
 * @param seed what decided everything random
 * @param versions of the libraries
 * @param rows the methods
 */
public record Report(
        String base, String task, int trainRows, int devRows, long seed, Map<String, String> versions, List<Row> rows) {

    private static final String HEADER = String.format(
            "%-14s %12s %9s %11s %9s %9s %11s %9s %9s %8s %9s %9s %9s",
            "method",
            "trainable",
            "share",
            "bytes",
            "accuracy",
            "macro-F1",
            "attainment",
            "ROI",
            "train s",
            "rows/s",
            "peak MB",
            "added ms",
            "added %");

    public Report {
        versions = Map.copyOf(versions);
        rows = List.copyOf(rows);
    }

    /** Returns the table as text. */
    public String table() {
        StringBuilder text = new StringBuilder();
        text.append("%s on %s: %,d rows to train, %,d to score, seed %d%n%n"
                .formatted(task, base, trainRows, devRows, seed));
        text.append(HEADER).append(System.lineSeparator());
        rows.forEach(row -> text.append(line(row)).append(System.lineSeparator()));
        text.append("%nWhat the literature claims:%n".formatted());
        claims().forEach(claim -> text.append("  ").append(claim).append(System.lineSeparator()));
        return text.toString();
    }

    /** Returns what the literature claims, each with what was measured. */
    List<String> claims() {
        List<String> lines = new ArrayList<>(
                Claim.ALL.stream().map(claim -> claim.line(rows)).toList());
        lines.add("ROI = attainment / share, recommended above 0.5");
        return lines;
    }

    private static String line(Row row) {
        return String.format(
                Locale.ROOT,
                "%-14s %,12d %8.3f%% %,11d %9.4f %9.4f %11s %9s %9.1f %8.0f %9d %+9.2f %+9.1f",
                row.method(),
                row.size().trainable(),
                100 * row.size().share(),
                row.size().bytes(),
                row.quality().accuracy(),
                row.quality().macroF1(),
                Numbers.percent(row.quality().attainment()),
                Numbers.factor(row.returnOnInvestment()),
                row.cost().seconds(),
                row.cost().examplesPerSecond(),
                row.cost().peakMegabytes(),
                row.cost().addedLatency(),
                100 * row.cost().addedShare());
    }
}
