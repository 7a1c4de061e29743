package io.peft4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.model.BaseModel;
import io.peft4j.parity.ParityReport;
import io.peft4j.parity.ParityRun;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers that Hugging Face's models compute: logits, loss, generated tokens. */
class BaseParityTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hf/bert",
                "hf/bert_tok",
                "hf/roberta",
                "hf/distilbert",
                "hf/gpt2",
                "hf/llama",
                "hf/mistral",
                "hf/qwen2",
                "hf/qwen3",
                "variants/llama3rope",
                "variants/llamalinear",
                "variants/mistralwindow",
                "variants/qwen2window",
                "variants/qwen3window",
                "variants/gpt2odd",
                "variants/llamaseq",
                "variants/gpt2seq",
                "variants/gpt2tok",
                "variants/qwen2tok",
                "variants/robertatok",
                "variants/xlmrseq",
                "variants/distilberttok",
                "variants/llamatok",
                "variants/mistralseq",
                "variants/mistraltok",
                "variants/qwen2seq",
                "variants/qwen3seq",
                "variants/qwen3tok",
                "hf457/t5",
                "hf457/t5v1"
            })
    void run_baseOfTransformers_givesItsNumbers(String name) throws IOException {
        Path folder = Goldens.folder(name);
        try (BaseModel base = BaseModel.from(folder.resolve("base")).load()) {
            ParityReport report = ParityRun.run(
                    base,
                    Optional.empty(),
                    folder.resolve("base_io.safetensors"),
                    new ParityRun.Steps(3, 1e-2, 0.1, 1),
                    1e-5,
                    Optional.empty());

            assertThat(report.passes()).as(report.toString()).isTrue();
            assertThat(report.quantities()).hasSizeGreaterThanOrEqualTo(2);
        }
    }
}
