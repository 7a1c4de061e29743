package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What adapters were trained for counts, not what their decoder was saved for. */
class DecoderVerbsTest {

    @TempDir
    private static Path folder;

    @BeforeAll
    static void make() throws IOException {
        TinyBase.decoder(file("base"));
        Files.writeString(
                file("rows.tsv"),
                "text\tlabel\n" + "an animal with fur\tanimal\na plant with leaves\tplant\n".repeat(6));
        Files.writeString(file("tags.tsv"), "tokens\ttags\n" + "Anna sleeps\tB-PER O\nthe fur\tO O\n".repeat(6));
        Files.writeString(file("prompts.tsv"), "prompt\nan animal\na plant\n");
    }

    private static Path file(String name) {
        return folder.resolve(name);
    }

    private static CommandLineRun finetune(String task, String data, String out) {
        return CommandLineRun.of(
                "finetune",
                "--base",
                file("base"),
                "--task",
                task,
                "--train",
                file(data),
                "--dev",
                file(data),
                "--learning-rate",
                "2e-2",
                "--epochs",
                10,
                "--batch-size",
                4,
                "--out",
                file(out),
                "--json");
    }

    @Test
    void evaluateAndMerge_classifierOnADecoder_scoreItsLabels() {
        CommandLineRun trained = finetune("classification", "rows.tsv", "labels");

        CommandLineRun run = CommandLineRun.of(
                "evaluate", "--base", file("base"), "--adapter", file("labels"), "--data", file("rows.tsv"), "--json");
        CommandLineRun merged = CommandLineRun.of(
                "merge", "--base", file("base"), "--adapter", file("labels"), "--out", file("merged"));
        CommandLineRun alone =
                CommandLineRun.of("evaluate", "--base", file("merged"), "--data", file("rows.tsv"), "--json");

        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("accuracy")).isEqualTo(trained.json().get("accuracy"));
        assertThat(run.json().getAsJsonObject("per_label").keySet()).containsExactly("animal", "plant");
        assertThat(merged.code()).as(merged.err()).isZero();
        assertThat(alone.code()).as(alone.err()).isZero();
        assertThat(alone.json()).isEqualTo(run.json());
    }

    @Test
    void evaluate_taggerOnADecoder_scoresItsSpans() {
        CommandLineRun trained = finetune("token-classification", "tags.tsv", "tagger");

        CommandLineRun run = CommandLineRun.of(
                "evaluate", "--base", file("base"), "--adapter", file("tagger"), "--data", file("tags.tsv"), "--json");

        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("f1")).isEqualTo(trained.json().get("f1"));
    }

    @Test
    void evaluate_decoderAlone_tellsItsPerplexity() {
        CommandLineRun run =
                CommandLineRun.of("evaluate", "--base", file("base"), "--data", file("rows.tsv"), "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("perplexity").getAsDouble()).isGreaterThan(1);
    }

    @Test
    void generate_columnPrompt_continuesEachRow() {
        CommandLineRun run = CommandLineRun.of(
                "generate", "--base", file("base"), "--data", file("prompts.tsv"), "--max-new-tokens", 3, "--json");

        assertThat(run.code()).as(run.err()).isZero();
        List<JsonObject> lines = run.out()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertThat(lines).extracting(line -> line.get("prompt").getAsString()).containsExactly("an animal", "a plant");
    }
}
