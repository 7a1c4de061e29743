package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorInfo;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParityVerbTest {

    private static final Path BASE = Goldens.folder("hf/bert/base");
    private static final Path LORA = Goldens.folder("hf/bert/lora");
    private static final Path CASE = LORA.resolve("io.safetensors");

    @TempDir
    private Path temporary;

    @Test
    void parity_caseOfAnotherTask_saysSo() {
        CommandLineRun run = CommandLineRun.of("parity", "--base", Goldens.folder("hf/llama/base"), "--case", CASE);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains("labels of the case must be [rows, tokens] for CAUSAL_LM: (3)")
                .contains("is it a case of another model?");
    }

    @Test
    void parity_caseOfPeft_passesAndWritesWhatItComputed() throws IOException {
        Path out = temporary.resolve("computed.safetensors");
        Path saved = temporary.resolve("saved");

        CommandLineRun run = CommandLineRun.of(
                "parity",
                "--base",
                BASE,
                "--adapter",
                LORA,
                "--case",
                CASE,
                "--out",
                out,
                "--save-adapter",
                saved,
                "--json");

        assertThat(run.code()).as(run.out() + run.err()).isZero();
        JsonObject report = run.json();
        assertThat(report.get("passes").getAsBoolean()).isTrue();
        assertThat(report.getAsJsonArray("missing")).isEmpty();
        List<String> expected = expected(CASE);
        assertThat(report.getAsJsonArray("quantities")).hasSize(expected.size());
        assertThat(names(out)).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(names(saved.resolve("adapter_model.safetensors")))
                .containsExactlyElementsOf(names(LORA.resolve("trained/adapter_model.safetensors")));
        assertEqualTensors(
                saved.resolve("adapter_model.safetensors"), LORA.resolve("trained/adapter_model.safetensors"), 1e-3);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "inf, 0", "1, 1", "-1, 2"})
    void parity_caseWithoutClipping_passesWithoutALimitOnly(String limit, int code) {
        Path adapter = Goldens.folder("adapterhub/bert/par_bn");

        CommandLineRun run = CommandLineRun.of(
                "parity",
                "--base",
                Goldens.folder("adapterhub/bert/base"),
                "--adapter",
                adapter,
                "--case",
                adapter.resolve("io.safetensors"),
                "--clip-norm",
                limit);

        assertThat(run.code()).as(run.out() + run.err()).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource({"mixed, 5", "mixed_plain, 7"})
    void parity_folderOfAdapters_comparesEachAndABatchThatMixesThem(String name, int quantities) {
        Path folder = Goldens.folder("hf/bert").resolve(name);

        CommandLineRun run = CommandLineRun.of(
                "parity",
                "--base",
                BASE,
                "--adapter",
                folder,
                "--case",
                folder.resolve("io.safetensors"),
                "--tolerance",
                "1e-5",
                "--json");

        assertThat(run.code()).as(run.out() + run.err()).isZero();
        assertThat(run.json().getAsJsonArray("quantities")).hasSize(quantities);
        assertThat(run.out()).contains("mixed_logits", "logits.base", "logits.C");
    }

    /** The files of these hold what their encoders computed; the encoders are in the case. */
    @ParameterizedTest
    @CsvSource({"ptuning", "prefix_proj"})
    void parity_encoderThatOnlyTheCaseHas_trainsIt(String name) {
        Path folder = Goldens.folder("hf/bert").resolve(name);

        CommandLineRun run = CommandLineRun.of(
                "parity", "--base", BASE, "--adapter", folder, "--case", folder.resolve("io.safetensors"));

        assertThat(run.code()).as(run.out() + run.err()).isZero();
        assertThat(run.out()).contains("ok   trained.prompt_encoder.default.embedding.weight");
    }

    @Test
    void parity_oneOfSeveralAdapters_listsWhatItMisses() {
        Path folder = Goldens.folder("hf/bert/mixed");

        CommandLineRun run = CommandLineRun.of(
                "parity", "--base", BASE, "--adapter", folder.resolve("A"), "--case", folder.resolve("io.safetensors"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out())
                .contains(
                        "ok   logits.A",
                        "FAIL logits.B: no adapter is called B, only [A]",
                        "FAIL mixed_logits: needs 2");
    }

    @Test
    void parity_saveAdapterOfSeveral_isAUsageError() {
        Path folder = Goldens.folder("hf/bert/mixed");

        CommandLineRun run = CommandLineRun.of(
                "parity",
                "--base",
                BASE,
                "--adapter",
                folder,
                "--case",
                folder.resolve("io.safetensors"),
                "--save-adapter",
                temporary.resolve("saved"));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--save-adapter needs one --adapter: [A, B, C]");
    }

    @Test
    void parity_twoAdaptersOfOneName_isAUsageErrorThatNamesBoth() {
        Path other = Goldens.folder("hf/llama/lora");

        CommandLineRun run =
                CommandLineRun.of("parity", "--base", BASE, "--adapter", LORA, "--adapter", other, "--case", CASE);

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(LORA.toString(), other.toString(), "the same name");
    }

    @Test
    void parity_caseThatExpectsNothing_saysWhatItHolds() throws IOException {
        Path inputs = temporary.resolve("inputs.safetensors");
        try (var manager = NativeTensors.newManager(ai.djl.Device.cpu())) {
            SafeTensorsFile file = SafeTensorsFile.open(CASE);
            List<NamedTensor> tensors = new ArrayList<>();
            for (String name : List.of("input_ids", "attention_mask")) {
                tensors.add(new NamedTensor(name, DType.INT64, file.tensor(manager, name)));
            }
            SafeTensorsWriter.write(inputs, tensors, Map.of());
        }

        CommandLineRun run = CommandLineRun.of("parity", "--base", BASE, "--case", inputs);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("nothing to compare: it holds [attention_mask, input_ids]");
    }

    @Test
    void parity_tokenOutsideTheVocabulary_saysWhich() throws IOException {
        Path odd = temporary.resolve("odd.safetensors");
        try (var manager = NativeTensors.newManager(ai.djl.Device.cpu())) {
            SafeTensorsWriter.write(
                    odd,
                    List.of(
                            new NamedTensor("input_ids", DType.INT64, manager.create(new long[][] {{1, 1000}})),
                            new NamedTensor("attention_mask", DType.INT64, manager.create(new long[][] {{1, 1}})),
                            new NamedTensor("loss", DType.FLOAT32, manager.create(new float[] {1}))),
                    Map.of());
        }

        CommandLineRun run = CommandLineRun.of("parity", "--base", BASE, "--case", odd);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().strip())
                .isEqualTo("error: input_ids of the case must be in [0, 67), the model's vocabulary: 1000 at 1");
    }

    @ParameterizedTest
    @CsvSource({"--steps, -2, at least 0", "--tolerance, -1, negative", "--precision, bfloat16, float32"})
    void parity_optionThatMeansNothing_isAUsageError(String option, String value, String message) {
        CommandLineRun run =
                CommandLineRun.of("parity", "--base", BASE, "--adapter", LORA, "--case", CASE, option, value);

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(message);
    }

    @Test
    void parity_baseAlone_comparesTheBase() {
        CommandLineRun run = CommandLineRun.of(
                "parity", "--base", BASE, "--case", Goldens.folder("hf/bert") + "/base_io.safetensors");

        assertThat(run.code()).as(run.out() + run.err()).isZero();
        assertThat(run.out()).contains("ok   logits", "ok   loss");
    }

    @Test
    void parity_otherAdapter_fails() {
        CommandLineRun run =
                CommandLineRun.of("parity", "--base", BASE, "--adapter", LORA.resolve("trained"), "--case", CASE);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("FAIL logits ");
    }

    @Test
    void parity_noAdapter_listsWhatNeedsOne() {
        CommandLineRun run = CommandLineRun.of("parity", "--base", BASE, "--case", CASE);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("FAIL loss_after3: ", "FAIL grad.");
    }

    @Test
    void parity_quantityThatNobodyKnows_fails() throws IOException {
        Path odd = temporary.resolve("odd.safetensors");
        try (var manager = NativeTensors.newManager(ai.djl.Device.cpu())) {
            List<NamedTensor> tensors = new ArrayList<>();
            SafeTensorsFile file = SafeTensorsFile.open(CASE);
            for (TensorInfo info : file.tensors()) {
                tensors.add(new NamedTensor(info.name(), info.dtype(), file.tensor(manager, info.name())));
            }
            tensors.add(new NamedTensor("entropy", DType.FLOAT32, manager.create(new float[] {1})));
            SafeTensorsWriter.write(odd, tensors, Map.of());
        }

        CommandLineRun run = CommandLineRun.of("parity", "--base", BASE, "--adapter", LORA, "--case", odd);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("FAIL entropy: nothing here computes it").contains("ok   logits");
    }

    @Test
    void parity_missingFile_saysWhich() {
        CommandLineRun run = CommandLineRun.of("parity", "--base", BASE, "--case", temporary.resolve("absent"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("error: ").contains("absent").doesNotContain("\tat ");
    }

    private static List<String> expected(Path file) throws IOException {
        return names(file).stream()
                .filter(name ->
                        !List.of("input_ids", "attention_mask", "labels").contains(name))
                .toList();
    }

    private static List<String> names(Path file) throws IOException {
        return SafeTensorsFile.open(file).tensors().stream()
                .map(TensorInfo::name)
                .sorted()
                .toList();
    }

    private static void assertEqualTensors(Path actual, Path expected, double tolerance) throws IOException {
        try (var manager = NativeTensors.newManager(ai.djl.Device.cpu())) {
            for (String name : names(expected)) {
                float[] a = SafeTensorsFile.open(actual).tensor(manager, name).toFloatArray();
                float[] b = SafeTensorsFile.open(expected).tensor(manager, name).toFloatArray();
                double largest = 0;
                double difference = 0;
                for (int i = 0; i < b.length; i++) {
                    largest = Math.max(largest, Math.abs(b[i]));
                    difference = Math.max(difference, Math.abs(a[i] - b[i]));
                }
                assertThat(difference).as(name).isLessThan(tolerance * largest);
            }
        }
    }
}
