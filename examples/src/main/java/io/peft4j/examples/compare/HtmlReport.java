package io.peft4j.examples.compare;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A comparison as one page that needs nothing else. */
final class HtmlReport {

    private static final String PAGE =
            """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>PEFT4J: %1$s</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
            table { border-collapse: collapse; width: 100%%; font-variant-numeric: tabular-nums; }
            th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #ddd; }
            th:first-child, td:first-child { text-align: left; }
            td { white-space: nowrap; }
            th { border-bottom: 2px solid #888; }
            summary { cursor: pointer; padding: .2rem 0; }
            svg { max-width: 100%%; height: auto; }
            footer { color: #666; font-size: 85%%; margin-top: 2rem; }
            </style>
            </head>
            <body>
            <h1>%1$s</h1>
            <p>Base model %2$s; %3$,d rows to train, %4$,d to score; seed %5$d.</p>
            <table>
            <tr><th>method</th><th>trainable</th><th>share</th><th>bytes</th><th>accuracy</th><th>macro-F1</th>
            <th>attainment</th><th>ROI</th><th>training s</th><th>rows/s</th><th>peak MB</th><th>ms</th><th>added ms</th><th>added</th></tr>
            %6$s
            </table>
            <p>Share = trainable / all parameters. Attainment = accuracy / that of full fine-tuning. ROI = attainment / share.
            Added ms: one text with the adapter against the base model alone, medians of alternating requests.</p>
            <h2>What the literature claims, and what was measured</h2>
            <table>
            <tr><th>method</th><th>share: claimed</th><th>measured</th><th>quality: claimed</th><th>measured</th>
            <th>added time: claimed</th><th>measured</th></tr>
            %7$s
            </table>
            <p>An ROI above 0.5 is called worthwhile.</p>
            <h2>Quality against size</h2>
            %8$s
            <h2>Loss</h2>
            %9$s
            <h2>Labels</h2>
            %12$s
            <h2>Settings</h2>
            <dl>%10$s</dl>
            <footer>%11$s</footer>
            </body>
            </html>
            """;

    private HtmlReport() {}

    static String of(Report report) {
        return String.format(
                Locale.ROOT,
                PAGE,
                escape(report.task()),
                escape(report.base()),
                report.trainRows(),
                report.devRows(),
                report.seed(),
                report.rows().stream().map(HtmlReport::row).collect(Collectors.joining("\n")),
                Claim.ALL.stream().map(claim -> claim(claim, report.rows())).collect(Collectors.joining("\n")),
                Charts.qualityAgainstSize(report),
                Charts.losses(report),
                report.rows().stream()
                        .map(row -> "<dt>%s</dt><dd><code>%s</code></dd>"
                                .formatted(escape(row.method()), escape(row.config())))
                        .collect(Collectors.joining()),
                report.versions().entrySet().stream()
                        .map(entry -> escape(entry.getKey() + " " + entry.getValue()))
                        .sorted()
                        .collect(Collectors.joining(" · ")),
                report.rows().stream().map(HtmlReport::labels).collect(Collectors.joining("\n")));
    }

    private static String claim(Claim claim, List<Row> rows) {
        List<Row> measured = claim.measured(rows);
        if (measured.isEmpty()) {
            return claim(claim, claim.family(), "not compared", "", "");
        }
        return measured.stream()
                .map(row -> claim(
                        claim,
                        claim.family() + ": " + row.method(),
                        String.format(Locale.ROOT, "%.3f %%", 100 * row.size().share()),
                        Numbers.percent(row.quality().attainment()) + " of full",
                        String.format(
                                Locale.ROOT,
                                "%+.2f ms (%+.1f %%)",
                                row.cost().addedLatency(),
                                100 * row.cost().addedShare())))
                .collect(Collectors.joining("\n"));
    }

    private static String claim(Claim claim, String name, String share, String quality, String added) {
        return "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>"
                .formatted(
                        escape(name),
                        escape(claim.share()),
                        share,
                        escape(claim.quality()),
                        quality,
                        escape(claim.addedLatency()),
                        added);
    }

    /** Returns how a method predicted each label, folded. */
    private static String labels(Row row) {
        String lines = row.quality().labels().stream()
                .map(label -> String.format(
                        Locale.ROOT,
                        "<tr><td>%s</td><td>%.4f</td><td>%.4f</td><td>%.4f</td><td>%,d</td></tr>",
                        escape(label.label()),
                        label.scores().precision(),
                        label.scores().recall(),
                        label.scores().f1(),
                        label.support()))
                .collect(Collectors.joining("\n"));
        return "<details><summary>%s</summary><table><tr><th>label</th><th>precision</th><th>recall</th><th>F1</th><th>rows</th></tr>%s</table></details>"
                .formatted(escape(row.method()), lines);
    }

    private static String row(Row row) {
        return String.format(
                Locale.ROOT,
                "<tr><td>%s</td><td>%,d</td><td>%.3f %%</td><td>%,d</td><td>%.4f</td><td>%.4f</td><td>%s</td>"
                        + "<td>%s</td><td>%.1f</td><td>%.0f</td><td>%,d</td><td>%.2f</td><td>%+.2f</td><td>%+.1f %%</td></tr>",
                escape(row.method()),
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
                row.cost().latency(),
                row.cost().addedLatency(),
                100 * row.cost().addedShare());
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
