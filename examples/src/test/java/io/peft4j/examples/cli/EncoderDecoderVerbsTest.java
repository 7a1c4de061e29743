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

/** Questions and answers with a tiny T5. */
class EncoderDecoderVerbsTest {

    @TempDir
    private static Path folder;

    private static CommandLineRun trained;

    @BeforeAll
    static void train() throws IOException {
        TinyBase.encoderDecoder(file("base"));
        Files.writeString(
                file("rows.tsv"), "prompt\tcompletion\n" + "an animal with\tfur\na plant with\tleaves\n".repeat(8));
        Files.writeString(file("texts.tsv"), "text\nan animal\n");
        Files.writeString(file("prompts.tsv"), "prompt\nan animal with\na plant with\n");
        trained = CommandLineRun.of(
                "finetune",
                "--base",
                file("base"),
                "--train",
                file("rows.tsv"),
                "--dev",
                file("rows.tsv"),
                "--target-modules",
                "all-linear",
                "--rank",
                8,
                "--learning-rate",
                "2e-2",
                "--epochs",
                30,
                "--batch-size",
                8,
                "--out",
                file("adapter"),
                "--json");
    }

    private static Path file(String name) {
        return folder.resolve(name);
    }

    @Test
    void finetune_noTaskGiven_learnsAnswers() throws IOException {
        assertThat(trained.code()).as(trained.err()).isZero();
        JsonObject report = trained.json();
        assertThat(report.get("perplexity").getAsDouble())
                .isLessThan(report.get("base_perplexity").getAsDouble() / 2);
        assertThat(report.get("exact_match").getAsDouble()).isEqualTo(1);
        assertThat(Files.readString(file("adapter/adapter_config.json"))).contains("\"task_type\": \"SEQ_2_SEQ_LM\"");
    }

    @Test
    void evaluate_adapterAndBase_tellLossAndExactMatch() {
        CommandLineRun adapted = CommandLineRun.of(
                "evaluate", "--base", file("base"), "--adapter", file("adapter"), "--data", file("rows.tsv"), "--json");
        CommandLineRun alone =
                CommandLineRun.of("evaluate", "--base", file("base"), "--data", file("rows.tsv"), "--json");

        assertThat(adapted.code()).as(adapted.err()).isZero();
        assertThat(adapted.json().get("tokens").getAsLong()).isEqualTo(2 * 16);
        assertThat(adapted.json().get("perplexity")).isEqualTo(trained.json().get("perplexity"));
        assertThat(adapted.json().get("exact_match").getAsDouble()).isEqualTo(1);
        assertThat(alone.code()).as(alone.err()).isZero();
        assertThat(alone.json().get("exact_match").getAsDouble()).isZero();
    }

    @Test
    void generate_prompts_printsTheAnswersAlone() {
        CommandLineRun json = CommandLineRun.of(
                "generate",
                "--base",
                file("base"),
                "--adapter",
                file("adapter"),
                "--data",
                file("prompts.tsv"),
                "--json");
        CommandLineRun plain = CommandLineRun.of(
                "generate", "--base", file("base"), "--adapter", file("adapter"), "--prompt", "a plant with");

        assertThat(json.code()).as(json.err()).isZero();
        List<JsonObject> lines = json.out()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertThat(lines).extracting(line -> line.get("text").getAsString()).containsExactly("fur", "leaves");
        assertThat(plain.code()).as(plain.err()).isZero();
        assertThat(plain.out().strip()).isEqualTo("leaves");
    }

    @Test
    void finetune_taskOfADecoder_saysWhichToGive() {
        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--base",
                file("base"),
                "--task",
                "causal-lm",
                "--train",
                file("rows.tsv"),
                "--out",
                file("nothing"));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("is an encoder-decoder: give --task seq2seq");
    }

    @Test
    void finetune_textsWithoutAnswers_areRefused() {
        CommandLineRun run = CommandLineRun.of(
                "finetune", "--base", file("base"), "--train", file("texts.tsv"), "--out", file("nothing"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("columns 'prompt' and 'completion'");
    }

    @Test
    void finetune_classification_labelsTextsByTheEndOfTheDecoder() throws IOException {
        Files.writeString(file("labelled.tsv"), "text\tlabel\n" + "an animal\tfur\na plant\tleaves\n".repeat(8));

        CommandLineRun tuned = CommandLineRun.of(
                "finetune",
                "--base",
                file("base"),
                "--task",
                "classification",
                "--train",
                file("labelled.tsv"),
                "--learning-rate",
                "1e-2",
                "--epochs",
                10,
                "--out",
                file("labels"));
        CommandLineRun labelled = CommandLineRun.of(
                "evaluate",
                "--base",
                file("base"),
                "--adapter",
                file("labels"),
                "--data",
                file("labelled.tsv"),
                "--json");

        assertThat(tuned.code()).as(tuned.err()).isZero();
        assertThat(tuned.err()).contains("classification_head.out_proj.weight");
        assertThat(labelled.code()).as(labelled.err()).isZero();
        assertThat(labelled.json().get("accuracy").getAsDouble()).isEqualTo(1);
    }
}
