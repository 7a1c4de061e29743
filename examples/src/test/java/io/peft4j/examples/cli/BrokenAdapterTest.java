package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.TensorFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.io.TorchFileWriter;
import io.peft4j.program.DType;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What verbs say of broken folders of AdapterHub: one message, exit code 1, and nothing written. */
class BrokenAdapterTest {

    private static final String SETTINGS = "adapter_config.json";
    private static final String TENSORS = "pytorch_adapter.bin";
    private static final String HEAD = "head_config.json";

    @TempDir
    private static Path bases;

    private static Path base;

    @TempDir
    private Path folder;

    @BeforeAll
    static void makeBase() throws IOException {
        base = bases.resolve("base");
        TinyBase.make(base, "adapterhub/bert/base", List.of("<pad>", "</s>", "<unk>"), false);
    }

    @BeforeEach
    void copy() throws IOException {
        copy("seq_bn");
    }

    private void copy(String name) throws IOException {
        try (Stream<Path> files = Files.list(Goldens.folder("adapterhub/bert/" + name))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Files.write(folder.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
    }

    /** The rows: what is said; the file; the field, in the settings where it begins with a dot; its JSON, or nothing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name must be a text: 5 | adapter_config.json | name | 5",
                "name must be that of the tensors in | adapter_config.json | name | \"other\"",
                "name must be that of the tensors in | adapter_config.json | name |",
                "hidden_size must be a whole number of at least 1: \"24\" | adapter_config.json | hidden_size | \"24\"",
                "model_type must be a text: 4 | adapter_config.json | model_type | 4",
                "is for a roberta of width 24 | adapter_config.json | model_type | \"roberta\"",
                "is for a bert of width 768 | adapter_config.json | hidden_size | 768",
                "version must be a text: 3 | adapter_config.json | version | 3",
                "needs settings as an object under config: [1] | adapter_config.json | config | [1]",
                "bottlenecks need [mh_adapter, output_adapter, reduction_factor, non_linearity] | adapter_config.json | config | {}",
                "bottlenecks need [non_linearity] | adapter_config.json | .non_linearity |",
                "adapter_config.json: non-linearity relux is unknown | adapter_config.json | .non_linearity | \"relux\"",
                "adapter_config.json: bottlenecks need a place | adapter_config.json | .output_adapter | false",
                "adapter_config.json: no reduction factor for layer 1 | adapter_config.json | .reduction_factor | {\"0\": 4}",
                "adapter_config.json: reduction_factor 1.0E-12 makes more features | adapter_config.json | .reduction_factor | 1e-12",
                "adapter_config.json: architecture must be a text: 7 | adapter_config.json | .architecture | 7",
                "only [lora, prefix_tuning, prompt_tuning] | adapter_config.json | .architecture | \"hyper\"",
                "adapter_config.json: configs of architecture union must be a list | adapter_config.json | .architecture | \"union\"",
                "num_labels must be a whole number of at least 1: \"three\" | head_config.json | num_labels | \"three\"",
                "num_labels is 4 and label2id has 3 labels | head_config.json | num_labels | 4",
                "label2id must be an object | head_config.json | label2id | [1]",
                "label2id must number 2 labels from 0 to 1, each once: b is 7 | head_config.json | label2id | {\"a\": 0, \"b\": 7}",
                "each once: b is 0 | head_config.json | label2id | {\"a\": 0, \"b\": 0}",
                "each once: a is \"x\" | head_config.json | label2id | {\"a\": \"x\"}",
            })
    void verbs_wrongField_nameFileFieldAndRule(String said, String file, String field, String value)
            throws IOException {
        edit(file, field, value);
        assertRefused(said);
        assertRefused(folder.toString());
    }

    @Test
    void verbs_unionOfNumbers_saySo() throws IOException {
        edit(SETTINGS, "config", "{\"architecture\": \"union\", \"configs\": [1]}");
        assertRefused("adapter_config.json: configs[0] must be an object of settings: 1");
    }

    @Test
    void verbs_settingsThatAreNoObject_saySo() throws IOException {
        Files.writeString(folder.resolve(SETTINGS), "{\"config\": {");
        assertRefused("cannot read " + folder.resolve(SETTINGS));
    }

    @Test
    void verbs_cutTensors_saySo() throws IOException {
        byte[] whole = Files.readAllBytes(folder.resolve(TENSORS));
        Files.write(folder.resolve(TENSORS), Arrays.copyOf(whole, whole.length / 2));
        assertRefused("it was cut short");
    }

    @Test
    void verbs_otherBytesThanTensors_saySo() throws IOException {
        Files.write(folder.resolve(TENSORS), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
        assertRefused("it begins neither as what torch.save writes nor as safetensors");
    }

    @Test
    void verbs_folderInThePlaceOfTensors_saySo() throws IOException {
        Files.delete(folder.resolve(TENSORS));
        Files.createDirectory(folder.resolve(TENSORS));
        assertRefused("cannot read " + folder.resolve(TENSORS));
        assertRefused("it is a folder; name a file");
    }

    @Test
    void verbs_noTensors_nameTheFilesThatHoldThem() throws IOException {
        Files.delete(folder.resolve(TENSORS));
        assertRefused("add one of [pytorch_adapter.bin, adapter.safetensors]");
    }

    @Test
    void verbs_headWithoutItsTensors_sayHowToLeaveItOut() throws IOException {
        Files.delete(folder.resolve("pytorch_model_head.bin"));
        assertRefused("describes a head, and there is no pytorch_model_head.bin beside it");
        Files.delete(folder.resolve(HEAD));
        CommandLineRun alone = CommandLineRun.of("inspect", "--base", base, "--adapter", folder);
        assertThat(alone.code()).as(alone.err()).isZero();
    }

    @Test
    void verbs_code_isNotRun() throws IOException {
        Path proof = folder.resolve("proof");
        PickleWithCode.write(folder.resolve(TENSORS), "touch " + proof);
        assertRefused("no code");
        assertThat(proof).doesNotExist();
    }

    @Test
    void verbs_numbersThatAreNotFinite_nameTheirTensors() throws IOException {
        copy("lora");
        tensors(array -> array.mul(Float.NaN));
        assertRefused("%s holds numbers that are not finite, in 8 of 8 tensors: ".formatted(folder));
    }

    @Test
    void verbs_shapesOfOtherSettings_nameBoth() throws IOException {
        edit(SETTINGS, ".reduction_factor", "8");
        assertRefused("adapter_down.0.weight must be [3, 24]: [6, 24]");
    }

    @Test
    void verbs_prefixLargerThanTheMachine_isRefusedBeforeItIsMade() throws IOException {
        copy("prefix_tuning_flat");
        edit(SETTINGS, ".prefix_length", "1000000000");
        assertRefused("adapter_config.json: the settings make 96000000000 parameters");
    }

    @Test
    void advise_adapterInThePlaceOfTheBase_isAnErrorOfUsage() throws IOException {
        TinyTexts.write(bases.resolve("rows.tsv"), TinyTexts.ROWS.size());
        CommandLineRun run = CommandLineRun.of(
                "advise", "--base", folder, "--data", bases.resolve("rows.tsv"), "--out", bases.resolve("advice"));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--base %s holds an adapter and no base model".formatted(folder));
        assertThat(bases.resolve("advice")).doesNotExist();
    }

    private void edit(String file, String field, String value) throws IOException {
        JsonObject json = PythonJson.read(folder.resolve(file));
        JsonObject target = field.startsWith(".") ? json.getAsJsonObject("config") : json;
        String key = field.replaceFirst("^\\.", "");
        if (value == null) {
            target.remove(key);
        } else {
            target.add(key, JsonParser.parseString(value));
        }
        Files.writeString(folder.resolve(file), PythonJson.format(json));
    }

    private void tensors(Function<NDArray, NDArray> change) throws IOException {
        TensorFile file = TensorFile.open(folder.resolve(TENSORS));
        try (NDManager manager = NDManager.newBaseManager()) {
            List<NamedTensor> changed = new ArrayList<>();
            for (TensorInfo info : file.tensors()) {
                NDArray tensor = change.apply(file.tensor(manager, info.name()));
                changed.add(new NamedTensor(info.name(), DType.FLOAT32, tensor));
            }
            TorchFileWriter.write(folder.resolve(TENSORS), changed);
        }
    }

    private void assertRefused(String said) {
        Path out = bases.resolve("out");
        List<CommandLineRun> runs = List.of(
                CommandLineRun.of("predict", "--base", base, "--adapter", folder, "--text", "an animal with fur"),
                CommandLineRun.of("convert", "--base", base, "--adapter", folder, "--out", out),
                CommandLineRun.of("merge", "--base", base, "--adapter", folder, "--out", out),
                CommandLineRun.of("inspect", "--base", base, "--adapter", folder));
        for (CommandLineRun run : runs) {
            assertThat(run.code()).as(run.err()).isEqualTo(1);
            assertThat(run.err()).contains("error: ").doesNotContain("\tat ");
            // Problems are a list of JSON texts, or there is nothing to list.
            assertThat(run.err() + run.out().replace("\\\"", "\"")).contains(said);
        }
        assertThat(out).doesNotExist();
    }
}
