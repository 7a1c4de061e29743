package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorInfo;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the library of one layout computed is what the converted adapter computes. */
class ConvertVerbTest {

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @CsvSource({
        "adapterhub/bert/lora, LORA",
        "adapterhub/bert/ia3, IA3",
        "adapterhub/gpt2/lora, LORA",
        "adapterhub/llama/ia3, IA3",
        "hf/bert/lora, ADAPTERHUB_LORA",
        "hf/gpt2/lora, ADAPTERHUB_LORA",
        "hf/llama/lora, ADAPTERHUB_LORA",
        "hf457/t5/lora, ADAPTERHUB_LORA"
    })
    void convert_thereAndBack_computesWhatTheOtherLibraryComputed(String name, String type) throws IOException {
        Path folder = Goldens.folder(name);
        Path base = folder.resolveSibling("base");
        Path there = temporary.resolve("there");
        Path back = temporary.resolve("back");

        convert(base, folder, there);
        convert(base, there, back);

        assertThat(AdapterFolder.open(there).peftType()).isEqualTo(type);
        assertThat(AdapterFolder.open(back).peftType())
                .isEqualTo(AdapterFolder.open(folder).peftType());
        for (Path converted : List.of(there, back)) {
            CommandLineRun run = CommandLineRun.of(
                    "parity", "--base", base, "--adapter", converted, "--case", logits(folder), "--tolerance", "1e-5");
            assertThat(run.code()).as(run.out() + run.err()).isZero();
            assertThat(run.out()).contains("ok   logits ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hf/bert/ia3 | rescales the inputs of [bert.encoder.layer.0.",
                "hf/bert/prefix | take up positions",
                "hf/bert/prompt | join the words",
                "hf/bert/lora_pattern | one rank and one alpha for all linears",
                "hf/bert/lora_all | has no role in AdapterHub",
                "hf/bert/dora | DoRA has norms",
                "hf/bert/vera | AdapterHub has no VERA",
                "adapterhub/bert/seq_bn | no bottlenecks",
                "adapterhub/bert/mam | no mixtures",
                "adapterhub/bert/prompt_tuning | join the words"
            })
    void convert_whatTheOtherCannotExpress_isRefusedWithTheReason(String name, String reason) {
        Path folder = Goldens.folder(name);
        Path out = temporary.resolve("out");

        CommandLineRun run = CommandLineRun.of(
                "convert", "--base", folder.resolveSibling("base"), "--adapter", folder, "--out", out);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("cannot be converted").contains(reason);
        assertThat(Files.exists(out)).isFalse();
    }

    private static void convert(Path base, Path from, Path to) {
        CommandLineRun run = CommandLineRun.of("convert", "--base", base, "--adapter", from, "--out", to);
        assertThat(run.code()).as(run.err()).isZero();
    }

    /** Returns a case of the inputs and logits alone: parameters have other names in the other layout. */
    private Path logits(Path folder) throws IOException {
        Path file = temporary.resolve("logits.safetensors");
        SafeTensorsFile given = SafeTensorsFile.open(folder.resolve("io.safetensors"));
        try (NDManager manager = NDManager.newBaseManager()) {
            List<NamedTensor> kept = new ArrayList<>();
            for (TensorInfo info : given.tensors()) {
                if (Set.of("input_ids", "attention_mask", "labels", "logits").contains(info.name())) {
                    kept.add(new NamedTensor(info.name(), info.dtype(), given.tensor(manager, info.name())));
                }
            }
            SafeTensorsWriter.write(file, kept, Map.of());
        }
        return file;
    }
}
