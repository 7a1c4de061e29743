package io.peft4j.examples.compare;

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
            th { border-bottom: 2px solid #888; }
            svg { max-width: 100%%; height: auto; }
            footer { color: #666; font-size: 85%%; margin-top: 2rem; }
            </style>
            </head>
            <body>
            <h1>%1$s</h1>
            <p>Base model %2$s; %3$,d rows to train, %4$,d to score; seed %5$d.</p>
            <table>
            <tr><th>method</th><th>trainable</th><th>share</th><th>bytes</th><th>accuracy</th><th>macro-F1</th>
            <th>attainment</th><th>ROI</th><th>training s</th><th>rows/s</th><th>peak MB</th><th>ms</th><th>added ms</th></tr>
            %6$s
            </table>
            <p>Share = trainable / all parameters. Attainment = accuracy / that of full fine-tuning. ROI = attainment / share.
            Added ms: one text with the adapter against the base model alone, medians of alternating requests.</p>
            <h2>What the literature claims</h2>
            <ul>%7$s</ul>
            <h2>Quality against size</h2>
            %8$s
            <h2>Loss</h2>
            %9$s
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
                Report.CLAIMS.stream()
                        .map(claim -> "<li>" + escape(claim) + "</li>")
                        .collect(Collectors.joining()),
                Charts.qualityAgainstSize(report),
                Charts.losses(report),
                report.rows().stream()
                        .map(row -> "<dt>%s</dt><dd><code>%s</code></dd>"
                                .formatted(escape(row.method()), escape(row.config())))
                        .collect(Collectors.joining()),
                report.versions().entrySet().stream()
                        .map(entry -> escape(entry.getKey() + " " + entry.getValue()))
                        .sorted()
                        .collect(Collectors.joining(" · ")));
    }

    private static String row(Row row) {
        return String.format(
                Locale.ROOT,
                "<tr><td>%s</td><td>%,d</td><td>%.3f %%</td><td>%,d</td><td>%.4f</td><td>%.4f</td><td>%.1f %%</td>"
                        + "<td>%.1f</td><td>%.1f</td><td>%.0f</td><td>%,d</td><td>%.2f</td><td>%+.2f</td></tr>",
                escape(row.method()),
                row.size().trainable(),
                100 * row.size().share(),
                row.size().bytes(),
                row.quality().accuracy(),
                row.quality().macroF1(),
                100 * row.quality().attainment(),
                row.returnOnInvestment(),
                row.cost().seconds(),
                row.cost().examplesPerSecond(),
                row.cost().peakMegabytes(),
                row.cost().latency(),
                row.cost().addedLatency());
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
