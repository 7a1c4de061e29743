package io.peft4j.examples.compare;

import java.util.List;

/** What every row of {@code report.json} says. */
public final class ReportKeys {

    /** The keys. */
    public static final List<String> OF_A_ROW = List.of(
            "method",
            "config",
            "trainable",
            "share",
            "bytes",
            "accuracy",
            "macro_f1",
            "attainment",
            "roi",
            "train_seconds",
            "examples_per_second",
            "peak_rss_mb",
            "latency_ms",
            "added_latency_ms",
            "added_latency_share",
            "losses",
            "per_label");

    private ReportKeys() {}
}
