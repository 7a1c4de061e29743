package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts of a tiny Llama whose 67 tokens are the words w0 to w66. */
class GenerateVerbTest {

    @TempDir
    private static Path model;

    @BeforeAll
    static void addTokenizer() throws IOException {
        Path base = Goldens.folder("hf/llama/base");
        for (String name : new String[] {"config.json", "generation_config.json", "model.safetensors"}) {
            Files.copy(base.resolve(name), model.resolve(name));
        }
        String words =
                IntStream.range(0, 67).mapToObj("\"w%1$d\": %1$d"::formatted).collect(Collectors.joining(", "));
        Files.writeString(
                model.resolve("tokenizer.json"),
                """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
                 "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
                 "model": {"type": "WordLevel", "unk_token": "w3", "vocab": {%s}}}
                """
                        .formatted(words));
    }

    @Test
    void generate_prompts_continuesEach() {
        CommandLineRun run = CommandLineRun.of(
                "generate", "--base", model, "--prompt", "w5 w6", "--prompt", "w7", "--max-new-tokens", 4, "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines()).hasSize(2).allSatisfy(line -> {
            JsonObject object = JsonParser.parseString(line).getAsJsonObject();
            assertThat(object.keySet()).containsExactly("prompt", "text", "tokens");
            assertThat(object.get("tokens").getAsInt()).isBetween(1, 4);
            assertThat(object.get("text").getAsString()).matches("( ?w\\d+)+");
        });
    }

    @Test
    void generate_adapter_continuesOtherwise() {
        CommandLineRun without =
                CommandLineRun.of("generate", "--base", model, "--prompt", "w5 w6 w7", "--max-new-tokens", 12);
        CommandLineRun with = CommandLineRun.of(
                "generate",
                "--base",
                model,
                "--adapter",
                Goldens.folder("hf/llama/lora"),
                "--prompt",
                "w5 w6 w7",
                "--max-new-tokens",
                12);

        assertThat(with.code()).as(with.err()).isZero();
        assertThat(with.out()).startsWith("w5 w6 w7").isNotEqualTo(without.out());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2 | nothing to continue | generate --base MODEL",
                "2 | must be at least 1: 0 | generate --base MODEL --prompt w5 --batch-size 0",
                "1 | temperature | generate --base MODEL --prompt w5 --temperature -1",
            })
    void generate_wrongInput_saysWhatIsWrong(int code, String message, String arguments) {
        CommandLineRun run = CommandLineRun.of(
                (Object[]) arguments.replace("MODEL", model.toString()).split(" ", -1));

        assertThat(run.code()).as(run.err()).isEqualTo(code);
        assertThat(run.err()).contains(message).doesNotContain("\tat ");
    }
}
