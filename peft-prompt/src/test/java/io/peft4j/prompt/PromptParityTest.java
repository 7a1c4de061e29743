package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.model.BaseModel;
import io.peft4j.parity.ParityReport;
import io.peft4j.parity.ParityRun;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers of Hugging Face PEFT: logits, loss, gradients, three steps. */
class PromptParityTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hf/bert/prompt",
                "hf/bert/ptuning",
                "hf/bert/prefix",
                "hf/bert/prefix_proj",
                "hf/bert_tok/prompt",
                "hf/bert_tok/ptuning",
                "hf/bert_tok/prefix",
                "hf/bert_tok/prefix_proj",
                "hf/roberta/prompt",
                "hf/roberta/ptuning",
                "hf/roberta/prefix",
                "hf/roberta/prefix_proj",
                "hf/distilbert/prompt",
                "hf/distilbert/ptuning",
                "hf/gpt2/prompt",
                "hf/gpt2/ptuning",
                "hf/gpt2/prefix",
                "hf/gpt2/prefix_proj",
                "hf/llama/prompt",
                "hf/llama/ptuning",
                "hf/llama/prefix",
                "hf/llama/prefix_proj",
                "hf/mistral/prompt",
                "hf/mistral/ptuning",
                "hf/mistral/prefix",
                "hf/mistral/prefix_proj",
                "hf/qwen2/prompt",
                "hf/qwen2/ptuning",
                "hf/qwen2/prefix",
                "hf/qwen2/prefix_proj",
                "hf/qwen3/prompt",
                "hf/qwen3/ptuning",
                "hf/qwen3/prefix",
                "hf/qwen3/prefix_proj"
            })
    void run_caseOfPeft_givesItsNumbers(String name) throws IOException {
        Path folder = Goldens.folder(name);
        try (BaseModel base = BaseModel.from(folder.resolveSibling("base")).load();
                Adapter adapter = ParityRun.adapter(AdapterFolder.open(folder), base, io(folder))) {
            ParityReport report = ParityRun.run(
                    base,
                    Optional.of(adapter),
                    io(folder),
                    new ParityRun.Steps(3, 1e-2, 0.1, 1),
                    1e-4,
                    Optional.empty());

            assertThat(report.passes()).as(report.toString()).isTrue();
            assertThat(report.quantities()).hasSizeGreaterThan(5);
            assertThat(report.quantities())
                    .filteredOn(quantity -> !quantity.name().startsWith("trained."))
                    .allMatch(quantity -> quantity.relative() < 1e-5);
        }
    }

    private static Path io(Path folder) {
        return folder.resolve("io.safetensors");
    }
}
