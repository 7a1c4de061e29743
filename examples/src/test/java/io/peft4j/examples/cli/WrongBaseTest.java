package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.io.PythonJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Base models that cannot be used are refused with what is wrong and what there is. */
class WrongBaseTest {

    @TempDir
    private Path folder;

    private Path base() {
        return folder.resolve("base");
    }

    private void change(String fields) throws IOException {
        JsonObject config = PythonJson.read(base().resolve("config.json"));
        JsonParser.parseString(fields).getAsJsonObject().asMap().forEach(config::add);
        Files.writeString(base().resolve("config.json"), config.toString());
    }

    private void assertRefused(CommandLineRun run, String... messages) {
        assertThat(run.code()).as(run.err()).isEqualTo(1);
        assertThat(run.err()).contains(messages).doesNotContain("\tat ");
        assertThat(run.out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"model_type\": \"falcon\"}|model_type \"falcon\" is not supported|[bert, distilbert, gpt2, llama, mistral, qwen2, qwen3, roberta, t5, xlm-roberta]",
                "{\"hidden_act\": \"swish2\"}|hidden_act must be one of|swish2",
                "{\"rope_parameters\": {\"rope_type\": \"yarn\", \"factor\": 2.0}}|yarn|llama3",
                "{\"vocab_size\": 10}|does not fit its config.json|model.embed_tokens.weight",
            })
    void generate_configurationThatIsNotSupported_namesItAndWhatIs(String fields, String message, String listed)
            throws IOException {
        TinyBase.decoder(base());
        change(fields);

        assertRefused(CommandLineRun.of("generate", "--base", base(), "--prompt", "an animal"), message, listed);
    }

    @Test
    void generate_encoder_saysWhatItHasHeadsFor() throws IOException {
        TinyBase.make(base(), "hf/bert/base", List.of("<pad>", "</s>", "<unk>"), false);

        assertRefused(
                CommandLineRun.of("generate", "--base", base(), "--prompt", "an animal"),
                "bert has no head for CAUSAL_LM, only for [SEQ_CLS, TOKEN_CLS, FEATURE_EXTRACTION]");
    }

    @Test
    void generate_checkpointOfAClassifier_saysWhichHeadIsNew() throws IOException {
        TinyBase.make(base(), "variants/llamaseq/base", List.of("<pad>", "<s>", "</s>", "<unk>"), false);

        assertRefused(
                CommandLineRun.of("generate", "--base", base(), "--prompt", "an animal"),
                "lm_head.weight",
                "untrained");
    }

    @Test
    void predict_checkpointWithoutTheHeadItNames_saysWhichHeadIsNew() throws IOException {
        TinyBase.make(base(), "hf/llama/base", List.of("<pad>", "<s>", "</s>", "<unk>"), false);
        change("{\"architectures\": [\"LlamaForSequenceClassification\"]}");

        assertRefused(
                CommandLineRun.of("predict", "--base", base(), "--text", "an animal"), "score.weight", "untrained");
    }

    @Test
    void finetune_checkpointOfAnotherTask_saysWhichHeadIsNewAndTrainsIt() throws IOException {
        TinyBase.make(base(), "hf/llama/base", List.of("<pad>", "<s>", "</s>", "<unk>"), false);
        Files.writeString(folder.resolve("rows.tsv"), "text\tlabel\nan animal\tanimal\na plant\tplant\n".repeat(2));

        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--base",
                base(),
                "--train",
                folder.resolve("rows.tsv"),
                "--steps",
                1,
                "--out",
                folder.resolve("out"));

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("[score.weight]", "the head is new");
        assertThat(run.err().lines().filter(line -> line.contains("score.weight")))
                .allMatch(line -> line.contains("INFO"));
    }

    @Test
    void generate_tokenizerOfALargerModel_saysBothSizes() throws IOException {
        TinyBase.decoder(base());
        Path tokenizer = base().resolve("tokenizer.json");
        Files.writeString(tokenizer, Files.readString(tokenizer).replace("\"is\": 15", "\"is\": 15, \"far\": 99"));

        assertRefused(
                CommandLineRun.of("generate", "--base", base(), "--prompt", "an animal"),
                "the tokenizer has ids up to 99",
                "embeddings for 67 tokens");
    }

    @Test
    void generate_beyondThePositions_saysHowManyThereAre() throws IOException {
        TinyBase.make(base(), "hf/gpt2/base", List.of("<pad>", "</s>", "<unk>"), false);

        assertRefused(
                CommandLineRun.of("generate", "--base", base(), "--prompt", "an animal", "--max-new-tokens", 100),
                "positions");
    }

    @Test
    void generate_shardThatIsMissing_isNamed() throws IOException {
        TinyBase.decoder(base());
        Files.delete(base().resolve("model.safetensors"));
        Files.writeString(
                base().resolve("model.safetensors.index.json"),
                "{\"weight_map\": {\"model.norm.weight\": \"model-00002-of-00002.safetensors\"}}");

        assertRefused(
                CommandLineRun.of("generate", "--base", base(), "--prompt", "an animal"),
                "model.safetensors.index.json",
                "file \"model-00002-of-00002.safetensors\" is missing");
    }

    /** The pickle is {@code torch.save} of an object whose {@code __reduce__} calls {@code os.system}. */
    @Test
    void generate_pickleWithCode_namesItAndRunsNothing() throws IOException {
        TinyBase.decoder(base());
        Files.delete(base().resolve("model.safetensors"));
        Path trace = folder.resolve("trace");
        PickleWithCode.write(base().resolve("pytorch_model.bin"), "touch " + trace);

        assertRefused(
                CommandLineRun.of("generate", "--base", base(), "--prompt", "an animal"),
                "pytorch_model.bin",
                "posix.system");
        assertThat(trace).doesNotExist();
    }
}
