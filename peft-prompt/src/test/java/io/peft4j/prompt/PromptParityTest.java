package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import io.peft4j.parity.ParityReport;
import io.peft4j.parity.ParityRun;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers of Hugging Face PEFT: logits, loss, gradients, three steps. */
class PromptParityTest {

    private static final String IO = "io.safetensors";

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
                "hf/gpt2/adaption",
                "hf/llama/adaption",
                "hf/bert/multitask",
                "hf/llama/multitask",
                "hf/mistral/adaption_top",
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
                "hf/qwen3/prefix_proj",
                "hf457/t5/prompt",
                "hf457/t5/ptuning",
                "hf457/t5v1/prompt",
                "hf457/t5v1/ptuning",
                "hf457/t5/prefix",
                "hf457/t5/prefix_proj",
                "hf457/t5v1/prefix",
                "hf457/t5v1/prefix_proj"
            })
    void run_caseOfPeft_givesItsNumbers(String name) throws IOException {
        ParityReport report = report(name, IO, new ParityRun.Steps(3, 1e-2, 0.1, 1), 1e-4);

        assertThat(report.passes()).as(report.toString()).isTrue();
        check(report.quantities());
    }

    /** PEFT counts positions over the padding too, which stands between learned tokens and text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "hf/bert/prompt",
                "hf/bert/prefix",
                "hf/roberta/prompt",
                "hf/gpt2/prompt",
                "hf/gpt2/prefix",
                "hf/llama/prompt",
                "hf/llama/prefix"
            })
    void forward_textsPaddedOnTheLeft_givesItsNumbers(String name) throws IOException {
        ParityReport report = report(name, "left.safetensors", new ParityRun.Steps(0, 1e-2, 0, 0), 1e-5);

        assertThat(report.passes()).as(report.toString()).isTrue();
        assertThat(report.quantities())
                .extracting(ParityReport.Quantity::name)
                .containsExactlyInAnyOrder("logits", "loss");
    }

    /** PEFT's generation hides keys from these prefixes that its forward pass shows; a field of the file says which counts. */
    @ParameterizedTest
    @CsvSource({
        "hf457/t5/prefix, 15 4 48 55 11 62 51 28",
        "hf457/t5/prefix_proj, 48 55 11 62 11 62 11 62",
        "hf457/t5v1/prefix, 0 0 0 0 0 0 0 0"
    })
    void generate_prefixOfEncoderDecoderAsTrained_givesWhatTheForwardPassPrefers(
            String name, String expected, @TempDir Path asTrained) throws IOException {
        Path folder = Goldens.folder(name);
        String config = "adapter_config.json";
        String tensors = "adapter_model.safetensors";
        Files.copy(folder.resolve(tensors), asTrained.resolve(tensors));
        Files.writeString(
                asTrained.resolve(config),
                Files.readString(folder.resolve(config))
                        .replaceFirst("\\{", "{\"prefix_generation\": \"as_trained\","));

        assertThat(generated(folder, asTrained))
                .containsExactly(Arrays.stream(expected.split(" "))
                        .mapToInt(Integer::parseInt)
                        .toArray());
    }

    private static int[] generated(Path folder, Path files) throws IOException {
        try (BaseModel base = BaseModel.from(folder.resolveSibling("base")).load();
                Adapter adapter = AdapterFolder.open(files).load(base);
                NDManager manager = base.newManager()) {
            SafeTensorsFile file = SafeTensorsFile.open(io(folder));
            int[] prompt = Arrays.stream(file.tensor(manager, "generate_prompt").toLongArray())
                    .mapToInt(Math::toIntExact)
                    .toArray();
            GenerationOptions options = GenerationOptions.builder()
                    .maxNewTokens(8)
                    .stopTokens(base.endTokens())
                    .build();
            return new Generator(base, 0).generate(Selection.of(adapter), prompt, options);
        }
    }

    private static void check(List<ParityReport.Quantity> quantities) {
        assertThat(quantities).hasSizeGreaterThan(4);
        assertThat(quantities)
                .filteredOn(quantity -> !quantity.name().startsWith("trained."))
                .allMatch(quantity -> quantity.relative() < 1e-5);
        assertThat(quantities).allMatch(quantity -> quantity.relative() < 1e-4);
    }

    private static ParityReport report(String name, String file, ParityRun.Steps steps, double tolerance)
            throws IOException {
        Path folder = Goldens.folder(name);
        try (BaseModel base = BaseModel.from(folder.resolveSibling("base")).load();
                Adapter adapter = ParityRun.adapter(AdapterFolder.open(folder), base, io(folder))) {
            return ParityRun.run(base, Optional.of(adapter), folder.resolve(file), steps, tolerance, Optional.empty());
        }
    }

    private static Path io(Path folder) {
        return folder.resolve(IO);
    }
}
