package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Provenance;
import io.peft4j.examples.compare.ReportKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job on few rows. */
class CompareVerbTest {

    @TempDir
    private Path folder;

    @Test
    void compare_filesAlone_areWhatItLearns() throws IOException {
        TinyTexts.write(folder.resolve("rows.tsv"), TinyTexts.ROWS.size());
        TinyTexts.write(folder.resolve("few.tsv"), 6);
        CommandLineRun run = CommandLineRun.of(
                "compare",
                "--train",
                folder.resolve("rows.tsv"),
                "--dev",
                folder.resolve("few.tsv"),
                "--methods",
                "linear-probe,full",
                "--steps",
                1,
                "--out",
                folder.resolve("compared"),
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonObject report = run.json();
        assertThat(report.get("task").getAsString()).isEqualTo("classification");
        assertThat(report.get("train_rows").getAsInt()).isEqualTo(48);
        assertThat(report.get("dev_rows").getAsInt()).isEqualTo(6);
        assertThat(report.keySet()).contains("base", "seed", "versions", "rows");
        assertThat(report.getAsJsonArray("rows"))
                .hasSize(2)
                .allSatisfy(row -> assertThat(row.getAsJsonObject().keySet()).containsAll(ReportKeys.OF_A_ROW));
        assertThat(JsonParser.parseString(Files.readString(folder.resolve("compared/report.json"))))
                .isEqualTo(report);
        assertThat(Files.readString(folder.resolve("compared/report.html"))).doesNotContain("src=", "<link", "<script");
        assertThat(folder.resolve("compared/linear-probe/adapter_config.json")).exists();
        Provenance provenance = Provenance.read(folder.resolve("compared/full")).orElseThrow();
        assertThat(provenance.seed()).isEqualTo(42);
        assertThat(provenance.data()).matches("sha256:[0-9a-f]{64}");
        assertThat(provenance.versions()).containsKeys("peft4j", "pytorch");
        JsonObject full = report.getAsJsonArray("rows").get(1).getAsJsonObject();
        assertThat(provenance.metrics())
                .containsEntry("accuracy", full.get("accuracy").getAsDouble());
    }

    @Test
    void compare_methodsThatTheModelCannotServe_areListedBeforeAnyIsTrained() throws IOException {
        TinyTexts.write(folder.resolve("rows.tsv"), TinyTexts.ROWS.size());
        Path out = folder.resolve("refused");
        CommandLineRun run = CommandLineRun.of(
                "compare",
                "--train",
                folder.resolve("rows.tsv"),
                "--dev",
                folder.resolve("rows.tsv"),
                "--methods",
                "linear-probe,seq-bn,compacter",
                "--reduction-factor",
                7,
                "--out",
                out);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains("seq-bn: reduction_factor 7 does not divide the width 384 in layers 0 to 5")
                .contains("use 8 (size 48) or 6 (size 64), or bottleneck_size 54 in its place")
                .contains("compacter: reduction_factor 7 does not divide", "or bottleneck_size 52 in its place")
                .doesNotContain("\tat ");
        assertThat(out).doesNotExist();
    }
}
