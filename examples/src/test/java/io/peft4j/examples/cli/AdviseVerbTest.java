package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.model.BaseModel;
import io.peft4j.models.minilm.MiniLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the adviser says is what it measured, and what it writes can be trained with; a LoRA comes back from a merge. */
class AdviseVerbTest {

    @TempDir
    private static Path folder;

    @BeforeAll
    static void write() throws IOException {
        StringBuilder rows = new StringBuilder("text\tlabel\n");
        for (int i = 0; i < 30; i++) {
            rows.append(
                    i % 2 == 0
                            ? "an animal with fur, number %d\tanimal\n".formatted(i)
                            : "a leaf %d\tplant\n".formatted(i));
        }
        Files.writeString(folder.resolve("rows.tsv"), rows.toString());
    }

    @Test
    void advise_anyData_measuresCandidatesAndFindsRanks() throws IOException {
        CommandLineRun run = CommandLineRun.of(
                "advise",
                "--data",
                folder.resolve("rows.tsv"),
                "--constraint",
                "storage",
                "--rank",
                4,
                "--steps",
                3,
                "--max-length",
                16,
                "--out",
                folder.resolve("advice"),
                "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonObject advice = run.json();
        assertThat(advice.get("usual").getAsString()).isEqualTo("lora");
        double best = 0;
        JsonObject chosen = new JsonObject();
        for (var element : advice.getAsJsonArray("measured")) {
            JsonObject row = element.getAsJsonObject();
            assertThat(row.get("bytes").getAsLong()).isPositive();
            best = Math.max(best, row.get("accuracy").getAsDouble());
            chosen = row.get("method").equals(advice.get("method")) ? row : chosen;
        }
        assertThat(chosen.get("accuracy").getAsDouble()).isGreaterThanOrEqualTo(best - 0.02);
        assertThat(advice.get("kept").getAsDouble())
                .isGreaterThan(advice.get("kept_by_one_rank").getAsDouble());
        assertThat(advice.getAsJsonObject("gradient_shares").entrySet().stream()
                        .mapToDouble(entry -> entry.getValue().getAsDouble())
                        .sum())
                .isCloseTo(1, within(1e-9));

        CommandLineRun trained = CommandLineRun.of(
                "finetune",
                "--train",
                folder.resolve("rows.tsv"),
                "--config",
                folder.resolve("advice/adapter_config.json"),
                "--steps",
                1,
                "--out",
                folder.resolve("trained"));
        assertThat(trained.code()).as(trained.err()).isZero();
        long parameters = AdapterFolder.open(folder.resolve("trained")).tensors().stream()
                .filter(tensor -> tensor.name().contains("lora"))
                .mapToLong(tensor -> tensor.shape().get(0) * tensor.shape().get(1))
                .sum();
        assertThat(parameters).isEqualTo(advice.get("parameters").getAsLong());
    }

    @Test
    void extract_mergedLora_findsItAgain() throws IOException {
        Path adapter = folder.resolve("plain");
        try (BaseModel base = BaseModel.from(MiniLm.folder()).load();
                Adapter lora = Adapter.create(
                        base,
                        io.peft4j.lora.LoraConfig.builder("query", "value")
                                .rank(4)
                                .alpha(8)
                                .init(io.peft4j.lora.LoraInit.RANDOM)
                                .build(),
                        5)) {
            AdapterFolder.save(lora, base, adapter);
        }
        Path merged = folder.resolve("merged");
        assertThat(CommandLineRun.of("merge", "--adapter", adapter, "--out", merged)
                        .code())
                .isZero();
        CommandLineRun run = CommandLineRun.of(
                "extract", "--tuned", merged, "--rank", 4, "--out", folder.resolve("extracted"), "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("relative_error").getAsDouble()).isLessThan(1e-3);
        assertThat(run.json().getAsJsonArray("left")).isEmpty();
    }
}
