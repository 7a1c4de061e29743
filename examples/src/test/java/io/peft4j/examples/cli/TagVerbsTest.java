package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Token classification as a user calls it, with the embedded model. */
class TagVerbsTest {

    @TempDir
    private static Path folder;

    private static CommandLineRun trained;

    @BeforeAll
    static void train() throws IOException {
        String rows =
                "Anna Smith sleeps\tB-PER I-PER O\nthe tree is tall\tO O O O\nwe met Peter Jones\tO O B-PER I-PER\n";
        Files.writeString(file("rows.tsv"), "tokens\ttags\n" + rows.repeat(8));
        Files.writeString(
                file("rows.jsonl"),
                "{\"tokens\": [\"Anna\", \"Smith\", \"sleeps\"], \"tags\": [\"B-PER\", \"I-PER\", \"O\"]}\n");
        Files.writeString(file("untagged.tsv"), "tokens\na b\n");
        trained = CommandLineRun.of(
                "finetune",
                "--task",
                "token-classification",
                "--train",
                file("rows.tsv"),
                "--dev",
                file("rows.jsonl"),
                "--method",
                "linear-probe",
                "--epochs",
                8,
                "--batch-size",
                8,
                "--learning-rate",
                "2e-2",
                "--activation-cache",
                8,
                "--activation-budget",
                500,
                "--out",
                file("adapter"),
                "--json");
    }

    private static Path file(String name) {
        return folder.resolve(name);
    }

    @Test
    void finetune_taggedRows_findsSpans() {
        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(trained.json().get("f1").getAsDouble()).isEqualTo(1);
    }

    /** Rows of learned tokens have logits too; read at the wrong place, they would find no spans. */
    @ParameterizedTest
    @CsvSource({"prompt", "p-tuning", "prefix"})
    void finetune_virtualTokens_tagsTheWordsBehindThem(String method) {
        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--task",
                "token-classification",
                "--train",
                file("rows.tsv"),
                "--dev",
                file("rows.tsv"),
                "--method",
                method,
                "--num-virtual-tokens",
                5,
                "--epochs",
                10,
                "--batch-size",
                8,
                "--learning-rate",
                "2e-2",
                "--out",
                file(method),
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("f1").getAsDouble()).isGreaterThan(0.8);
    }

    @Test
    void evaluate_adapter_scoresSpansByType() {
        CommandLineRun run =
                CommandLineRun.of("evaluate", "--adapter", file("adapter"), "--data", file("rows.tsv"), "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("rows").getAsInt()).isEqualTo(24);
        assertThat(run.json().get("f1").getAsDouble()).isGreaterThan(0.9);
        JsonObject persons = run.json().getAsJsonObject("per_label").getAsJsonObject("PER");
        assertThat(persons.get("support").getAsInt()).isEqualTo(16);
    }

    @Test
    void predict_textsAndRows_printsTagsOfEach() {
        CommandLineRun run = CommandLineRun.of(
                "predict", "--adapter", file("adapter"), "--text", "Anna  Jones sleeps", "--data", file("rows.jsonl"));

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines()).hasSize(2).allSatisfy(line -> {
            JsonObject object = JsonParser.parseString(line).getAsJsonObject();
            assertThat(object.keySet()).containsExactly("text", "tags");
            JsonArray tags = object.getAsJsonArray("tags");
            assertThat(tags.toString()).isEqualTo("[\"B-PER\",\"I-PER\",\"O\"]");
        });
    }

    @Test
    void finetune_rowsWithoutTags_areRefused() {
        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--task",
                "token-classification",
                "--train",
                file("untagged.tsv"),
                "--out",
                file("nothing"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("untagged.tsv, line 1: no column 'tags'; columns there: tokens");
        assertThat(file("nothing")).doesNotExist();
    }

    @Test
    void finetune_negativeCache_isRefused() {
        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--task",
                "token-classification",
                "--train",
                file("rows.tsv"),
                "--activation-cache",
                -1,
                "--out",
                file("nothing"));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--activation-cache must be in [0, ");
    }
}
