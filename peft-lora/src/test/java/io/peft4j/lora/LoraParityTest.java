package io.peft4j.lora;

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

/** The numbers of Hugging Face PEFT: logits, loss, gradients, three steps, merged logits. */
class LoraParityTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hf/bert/lora",
                "hf/bert/lora_all",
                "hf/bert/lora_pattern",
                "hf/bert/lora_emb",
                "hf/bert/lora_bias",
                "hf/bert/lora_b_bias",
                "hf/bert/lora_tokens",
                "hf/gpt2/lora_tokens",
                "hf/llama/lora_tokens",
                "hf/bert/adalora",
                "hf/gpt2/adalora",
                "hf/bert/dora",
                "hf/bert/vera",
                "hf/bert/loha",
                "hf/bert/lokr",
                "hf/bert/lokr_both",
                "hf/bert/dora_emb",
                "hf/bert/lora_orthogonal",
                "hf/bert/pissa",
                "hf/bert/olora",
                "hf/bert_tok/lora",
                "hf/roberta/lora",
                "hf/roberta/lora_all",
                "hf/roberta/lora_pattern",
                "hf/roberta/dora",
                "hf/roberta/vera",
                "hf/roberta/loha",
                "hf/roberta/lokr",
                "hf/distilbert/lora",
                "hf/distilbert/lora_all",
                "hf/distilbert/lora_pattern",
                "hf/distilbert/dora",
                "hf/distilbert/vera",
                "hf/distilbert/loha",
                "hf/distilbert/lokr",
                "hf/gpt2/lora",
                "hf/gpt2/lora_all",
                "hf/gpt2/lora_pattern",
                "hf/gpt2/lora_save",
                "hf/gpt2/dora",
                "hf/gpt2/vera",
                "hf/gpt2/lora_emb",
                "hf/llama/lora",
                "hf/llama/lora_all",
                "hf/llama/lora_pattern",
                "hf/llama/lora_save",
                "hf/llama/lora_emb",
                "hf/llama/dora",
                "hf/llama/vera",
                "hf/llama/loha",
                "hf/llama/lokr",
                "hf/llama/pissa",
                "hf/mistral/lora",
                "hf/qwen2/lora",
                "hf/qwen3/lora",
                "hf457/t5/lora",
                "hf457/t5/lora_all",
                "hf457/t5/lora_pattern",
                "hf457/t5/dora",
                "hf457/t5/vera",
                "hf457/t5/loha",
                "hf457/t5/lokr",
                "hf457/t5v1/lora"
            })
    void run_caseOfPeft_givesItsNumbers(String name) throws IOException {
        Path folder = Goldens.folder(name);
        try (BaseModel base = BaseModel.from(folder.resolveSibling("base")).load();
                Adapter adapter = AdapterFolder.open(folder).load(base)) {
            ParityReport report = ParityRun.run(
                    base,
                    Optional.of(adapter),
                    folder.resolve("io.safetensors"),
                    new ParityRun.Steps(3, 1e-2, 0.1, 1),
                    1e-4,
                    Optional.empty());

            assertThat(report.passes()).as(report.toString()).isTrue();
            // Gradients of sums that nearly cancel differ by more from kernel to kernel.
            assertThat(report.quantities())
                    .filteredOn(quantity -> !quantity.name().startsWith("grad."))
                    .allSatisfy(quantity -> assertThat(quantity.relative()).isLessThan(1e-5));
            assertThat(report.quantities()).hasSizeGreaterThan(8);
        }
    }
}
