package io.peft4j.examples.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.train.metrics.LabelScores;
import io.peft4j.train.metrics.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFilesTest {

    private static final List<Double> LOSSES = List.of(3.2, 2.9, 2.4, 1.7, 1.2, 1.1, 0.9);

    private static Row row(String method, long trainable, double accuracy, double attainment) {
        return new Row(
                method,
                method + "[rank=8, <x>]",
                new Row.Size(trainable, trainable / 22_713_216.0, 4 * trainable + 900),
                new Row.Quality(
                        accuracy,
                        accuracy - 0.1,
                        attainment,
                        List.of(new LabelScores("noun.animal", new Scores(0.9, 0.8, 0.85), 12))),
                new Row.Cost(41.5, 361, 900, 3.1, 0.2),
                LOSSES);
    }

    private static Report report() {
        return new Report(
                "minilm",
                "wordnet-nouns",
                5000,
                2000,
                42,
                Map.of("java", "17", "pytorch", "2.7.1"),
                List.of(
                        row("full", 22_723_226, 0.78, 1),
                        row("linear-probe", 10_010, 0.70, 0.70 / 0.78),
                        row("lora", 83_738, 0.775, 0.775 / 0.78)));
    }

    @Test
    void write_report_holdsEveryNumberAsJson(@TempDir Path folder) throws IOException {
        ReportFiles.write(report(), folder);

        JsonObject json = JsonParser.parseString(Files.readString(folder.resolve("report.json")))
                .getAsJsonObject();
        assertThat(json.keySet())
                .contains("base", "task", "train_rows", "dev_rows", "seed", "versions", "rows", "claims");
        JsonObject lora = json.getAsJsonArray("rows").get(2).getAsJsonObject();
        assertThat(lora.keySet()).containsAll(ReportKeys.OF_A_ROW);
        assertThat(lora.get("attainment").getAsDouble()).isEqualTo(0.775 / 0.78, within(1e-12));
        assertThat(lora.get("roi").getAsDouble()).isEqualTo(0.775 / 0.78 / (83_738 / 22_713_216.0), within(1e-9));
        assertThat(lora.get("added_latency_share").getAsDouble()).isEqualTo(0.2 / 2.9, within(1e-12));
        assertThat(lora.getAsJsonArray("losses")).hasSize(LOSSES.size());
        assertThat(json.getAsJsonArray("claims").get(0).getAsString())
                .contains(".01-.1 %", "measured with lora: 0.369 %, 99.4 % of full, +0.20 ms (+6.9 %)");
    }

    @Test
    void write_report_isOnePageThatNeedsNothingElse(@TempDir Path folder) throws IOException {
        ReportFiles.write(report(), folder);

        String html = Files.readString(folder.resolve("report.html"));
        assertThat(html)
                .contains(
                        "linear-probe",
                        "83,738",
                        "99.4 %",
                        "What the literature claims",
                        "noun.animal",
                        "0.9000",
                        "<svg",
                        "&lt;x&gt;");
        assertThat(html).doesNotContain("<x>", "src=", "<link", "<script");
    }

    @Test
    void table_withoutFullFineTuning_saysThatThereIsNoYardstick(@TempDir Path folder) throws IOException {
        Report report = new Report("minilm", "t", 1, 1, 1, Map.of(), List.of(row("lora", 83_738, 0.7, Double.NaN)));
        ReportFiles.write(report, folder);

        assertThat(report.table()).doesNotContain("NaN");
        assertThat(Files.readString(folder.resolve("report.html"))).doesNotContain("NaN");
        assertThat(Files.readString(folder.resolve("report.json"))).contains("\"attainment\": null");
    }
}
