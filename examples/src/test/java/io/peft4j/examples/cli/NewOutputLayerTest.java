package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A decoder whose checkpoint has no output layer. */
class NewOutputLayerTest {

    @TempDir
    private Path folder;

    @Test
    void finetune_classifierAsLanguageModel_trainsTheNewOutputLayer() throws IOException {
        Path base = folder.resolve("base");
        Path rows = folder.resolve("rows.tsv");
        Path out = folder.resolve("out");
        TinyBase.make(base, "variants/llamaseq/base", List.of("<pad>", "<s>", "</s>", "<unk>"), false);
        Files.writeString(rows, "prompt\tcompletion\nan animal with\tfur\n");

        CommandLineRun trained = CommandLineRun.of(
                "finetune",
                "--base",
                base,
                "--task",
                "causal-lm",
                "--train",
                rows,
                "--dev",
                rows,
                "--steps",
                2,
                "--out",
                out);
        CommandLineRun generated =
                CommandLineRun.of("generate", "--base", base, "--adapter", out, "--prompt", "an animal");

        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(trained.err()).contains("has no [lm_head.weight] for CAUSAL_LM: the head is new");
        assertThat(trained.out()).contains("perplexity").doesNotContain("without the adapter");
        assertThat(generated.code()).as(generated.err()).isZero();
        assertThat(generated.out()).startsWith("an animal");
    }
}
