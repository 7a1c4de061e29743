package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several labels per text, numbers, and pairs of texts, as a user calls them, with the embedded model. */
class SequenceVerbsTest {

    @TempDir
    private Path folder;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private CommandLineRun finetune(String task, Path rows, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of(
                "finetune",
                "--task",
                task,
                "--train",
                rows,
                "--dev",
                rows,
                "--batch-size",
                8,
                "--out",
                folder.resolve("adapter"),
                "--json"));
        arguments.addAll(List.of(more));
        CommandLineRun run = CommandLineRun.of(arguments.toArray());
        assertThat(run.code()).as(run.err()).isZero();
        return run;
    }

    @Test
    void multiLabel_trainedEvaluatedAndPredicted_findsEachLabelForItself() throws IOException {
        StringBuilder rows = new StringBuilder("text\tlabels\n");
        for (int i = 0; i < 8; i++) {
            rows.append("a red apple, number %d\tred fruit\n".formatted(i));
            rows.append("a green pear, number %d\tfruit\n".formatted(i));
            rows.append("a red fire engine, number %d\tred\n".formatted(i));
            rows.append("a grey stone wall, number %d\t\n".formatted(i));
        }
        Path data = file("rows.tsv", rows.toString());

        CommandLineRun trained =
                finetune("multi-label", data, "--method", "linear-probe", "--epochs", 12, "--learning-rate", "3e-2");

        assertThat(trained.json().get("micro_f1").getAsDouble()).isGreaterThan(0.95);
        CommandLineRun scored =
                CommandLineRun.of("evaluate", "--adapter", folder.resolve("adapter"), "--data", data, "--json");
        assertThat(scored.json().get("micro_f1")).isEqualTo(trained.json().get("micro_f1"));
        assertThat(scored.json().getAsJsonObject("per_label").keySet()).containsExactly("fruit", "red");
        CommandLineRun said =
                CommandLineRun.of("predict", "--adapter", folder.resolve("adapter"), "--text", "a red apple, number 3");
        JsonArray labels = said.json().getAsJsonArray("labels");
        assertThat(labels).hasToString("[\"fruit\",\"red\"]");
        Path merged = folder.resolve("merged");
        CommandLineRun merge = CommandLineRun.of("merge", "--adapter", folder.resolve("adapter"), "--out", merged);
        assertThat(merge.code()).as(merge.err()).isZero();
        CommandLineRun again = CommandLineRun.of("predict", "--base", merged, "--text", "a red apple, number 3");
        assertThat(again.json().getAsJsonArray("labels")).isEqualTo(labels);
    }

    @Test
    void regression_pairsOfTexts_ranksThem() throws IOException {
        StringBuilder rows = new StringBuilder("text\ttext_b\tlabel\n");
        for (int i = 0; i < 8; i++) {
            rows.append("a dog runs in park %d\ta dog is running in park %d\t4.5\n".formatted(i, i));
            rows.append("a dog runs in park %d\tshares of banks fell today\t0.5\n".formatted(i));
        }
        Path data = file("rows.tsv", rows.toString());

        CommandLineRun trained =
                finetune("regression", data, "--method", "linear-probe", "--epochs", 40, "--learning-rate", "3e-2");

        assertThat(trained.json().get("pearson").getAsDouble()).isGreaterThan(0.8);
        CommandLineRun said = CommandLineRun.of("predict", "--adapter", folder.resolve("adapter"), "--data", data);
        List<JsonObject> lines = said.out()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertThat(lines).hasSize(16);
        assertThat(lines.get(0).get("value").getAsDouble())
                .isGreaterThan(lines.get(1).get("value").getAsDouble());
    }

    @Test
    void regression_labelThatIsNoNumber_namesTheRow() throws IOException {
        Path data = file("rows.tsv", "text\tlabel\na\t1\nb\tmuch\n");

        CommandLineRun run = CommandLineRun.of(
                "finetune", "--task", "regression", "--train", data, "--out", folder.resolve("adapter"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("1 labels are no finite numbers: [much (row 2)]");
    }

    @Test
    void sentencePairs_trained_lowersTheLossAndChangesVectors() throws IOException {
        StringBuilder rows = new StringBuilder("text\ttext_b\n");
        for (int i = 0; i < 8; i++) {
            rows.append("question %d\tanswer number %d\n".formatted(i, 7 * i + 3));
        }
        Path data = file("rows.tsv", rows.toString());

        JsonObject report = finetune(
                        "sentence-pairs", data, "--method", "lora", "--epochs", 8, "--learning-rate", "1e-2")
                .json();

        assertThat(report.get("loss").getAsDouble())
                .isLessThan(report.get("base_loss").getAsDouble());
        CommandLineRun with =
                CommandLineRun.of("predict", "--adapter", folder.resolve("adapter"), "--text", "question 1");
        CommandLineRun without = CommandLineRun.of("predict", "--text", "question 1");
        assertThat(with.code()).as(with.err()).isZero();
        assertThat(with.json().getAsJsonArray("vector")).hasSize(384);
        assertThat(with.json().get("vector")).isNotEqualTo(without.json().get("vector"));
    }
}
