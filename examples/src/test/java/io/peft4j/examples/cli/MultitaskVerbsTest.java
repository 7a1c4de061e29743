package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A prompt of two tasks, of which the second calls everything by the name of the other. */
class MultitaskVerbsTest {

    private static final List<String> KINDS = List.of("animal", "plant");
    private static final List<String> TEXTS =
            List.of("an animal with fur, number ", "a green plant with leaves, number ");

    @TempDir
    private static Path folder;

    private static CommandLineRun trained;

    @BeforeAll
    static void train() throws IOException {
        Files.writeString(
                file("rows.tsv"),
                "text\tlabel\ttask\n"
                        + String.join(
                                "\n",
                                IntStream.range(0, 48)
                                        .mapToObj(i -> "%s%d\t%s\t%d"
                                                .formatted(
                                                        TEXTS.get(i % 2), i / 4, KINDS.get((i + i / 2) % 2), i / 2 % 2))
                                        .toList()));
        trained = CommandLineRun.of(train(file("rows.tsv"), 2, "--out", file("adapter"), "--json"));
    }

    private static Path file(String name) {
        return folder.resolve(name);
    }

    private static Object[] train(Path rows, int tasks, Object... more) {
        List<Object> arguments = new java.util.ArrayList<>(List.of(
                "finetune",
                "--train",
                rows,
                "--dev",
                rows,
                "--method",
                "multitask-prompt",
                "--num-virtual-tokens",
                4,
                "--set",
                "num_tasks=" + tasks,
                "--steps",
                90,
                "--batch-size",
                16,
                "--learning-rate",
                "3e-2",
                "--seed",
                3,
                "--max-length",
                24));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    @Test
    void finetune_taskColumn_learnsBothTasks() {
        assertThat(trained.code()).as(trained.err()).isZero();
        // One task alone contradicts the other, and half of all rows is all that can be right.
        assertThat(trained.json().get("accuracy").getAsDouble()).isGreaterThan(0.9);
    }

    @Test
    void evaluate_taskColumn_scoresEachRowByItsTask() {
        CommandLineRun run = CommandLineRun.of(
                "evaluate", "--adapter", file("adapter"), "--data", file("rows.tsv"), "--max-length", 24, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("accuracy").getAsDouble())
                .isEqualTo(trained.json().get("accuracy").getAsDouble());
    }

    @Test
    void predict_jsonLinesWithTasks_saysOfATextWhatEachTaskCallsIt() throws IOException {
        Files.writeString(
                file("one.jsonl"),
                """
                {"text": "an animal with fur, number 5", "task": 0}
                {"text": "an animal with fur, number 5", "task": 1}
                """);
        CommandLineRun run = CommandLineRun.of(
                "predict", "--adapter", file("adapter"), "--data", file("one.jsonl"), "--max-length", 24);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines().map(line -> JsonParser.parseString(line)
                        .getAsJsonObject()
                        .get("label")
                        .getAsString()))
                .containsExactly("animal", "plant");
    }

    @Test
    void predict_textWithoutATask_isRefused() {
        CommandLineRun run = CommandLineRun.of("predict", "--adapter", file("adapter"), "--text", "a dog");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains(
                        "\"task\" must be a number from 0 to 1 in every row", "2 tasks (num_tasks)", "nothing (row 1)");
    }

    @Test
    void evaluate_fileWithoutTheColumn_isRefused() throws IOException {
        Files.writeString(file("none.tsv"), "text\tlabel\na dog\tanimal\na fern\tplant\n");
        CommandLineRun run = CommandLineRun.of("evaluate", "--adapter", file("adapter"), "--data", file("none.tsv"));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("column or field \"task\"", "2 rows have [nothing (row 1), nothing (row 2)]");
    }

    @Test
    void finetune_tasksThatThereAreNot_areListedBeforeTraining() throws IOException {
        Files.writeString(
                file("wrong.tsv"),
                "text\tlabel\ttask\na dog\tanimal\t0\na fern\tplant\t2\na cat\tanimal\t-1\nan oak\tplant\tnouns\na fox\tanimal\t\n");
        CommandLineRun run = CommandLineRun.of(train(file("wrong.tsv"), 2, "--out", file("never")));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains(
                        "a number from 0 to 1",
                        "4 rows have ['2' (row 2), '-1' (row 3), 'nouns' (row 4), nothing (row 5)]")
                .doesNotContain("step 1/");
        assertThat(file("never")).doesNotExist();
    }

    @Test
    void finetune_otherMethod_passesOverTheColumn() throws IOException {
        Files.writeString(file("other.tsv"), "text\tlabel\ttask\na dog\tanimal\tnouns\na fern\tplant\t\n");
        CommandLineRun run = CommandLineRun.of(
                "finetune", "--train", file("other.tsv"), "--method", "prompt", "--steps", 1, "--out", file("plain"));
        assertThat(run.code()).as(run.err()).isZero();
    }

    @Test
    void inspect_multitaskPrompt_plansItsMemory() {
        CommandLineRun run =
                CommandLineRun.of("inspect", "--method", "multitask-prompt", "--set", "num_tasks=3", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        // 20 tokens, factors of rank 1, a head of two labels.
        assertThat(run.json().get("trainable").getAsLong()).isEqualTo(20 * 384 + 3 * (20 + 384) + 2 * 384 + 2);
    }
}
