package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Folders without {@code tokenizer.json}, and such whose settings say something else than it. */
final class VocabularyFilesTest {

    @TempDir
    private Path folder;

    /** What vocabularies.py makes with Hugging Face. */
    private record References(
            List<String> texts, List<String> pair, Map<String, String> vocabularies, List<Reference> cases) {}

    private record Reference(
            String name,
            JsonObject files,
            Map<String, String> shared,
            Map<String, Integer> special,
            List<List<Integer>> ids,
            List<Integer> pair,
            int size) {

        @Override
        public String toString() {
            return name + " " + files.get("tokenizer_config.json") + " " + shared.values();
        }
    }

    private static final References REFERENCES = references();

    private static References references() {
        try {
            return new Gson().fromJson(TestTokenizers.json("vocabularies.json"), References.class);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Stream<Reference> cases() {
        return REFERENCES.cases().stream();
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void encode_vocabularyAndSettings_agreesWithHuggingFace(Reference reference) throws IOException {
        for (String name : reference.files.keySet()) {
            write(name, reference.files.get(name).toString());
        }
        for (Map.Entry<String, String> file : reference.shared.entrySet()) {
            write(file.getKey(), REFERENCES.vocabularies().get(file.getValue()));
        }

        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            List<List<Integer>> ids = new ArrayList<>();
            for (Encoding encoding : tokenizer.encodeAll(REFERENCES.texts(), Integer.MAX_VALUE)) {
                ids.add(java.util.Arrays.stream(encoding.ids()).boxed().toList());
            }
            assertThat(ids).isEqualTo(reference.ids);
            List<String> pair = REFERENCES.pair();
            assertThat(tokenizer
                            .encode(pair.get(0), pair.get(1), Integer.MAX_VALUE)
                            .ids())
                    .containsExactly(reference.pair.toArray(Integer[]::new));
            assertThat(tokenizer.vocabularySize()).isEqualTo(reference.size);
            reference.special.forEach(
                    (name, id) -> assertThat(tokenizer.id(SpecialToken.valueOf(name.toUpperCase(Locale.ROOT))))
                            .as(name)
                            .hasValue(id));
        }
    }

    @Test
    void load_vocabularyAlone_goesByItsFiles() throws IOException {
        write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nfox\n");

        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("The FOX ran").ids()).containsExactly(2, 5, 6, 1, 3);
            assertThat(tokenizer.decode(new int[] {2, 5, 6, 3}, true)).isEqualTo("the fox");
            assertThat(tokenizer.padId()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "t5, spiece.model, it has spiece.model",
        "llama, tokenizer.model, it has tokenizer.model",
        "roberta, vocab.json, which are vocab.json and merges.txt; it has vocab.json",
        "bert, vocab.json, which are vocab.txt; it has vocab.json",
        "bert, config.json, it has no vocabulary"
    })
    void load_noVocabularyOfTheModel_saysWhatThereIsAndTheRemedy(String model, String file, String words)
            throws IOException {
        write(file, "{}");
        write("config.json", "{\"model_type\": \"%s\"}".formatted(model));

        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder + " has no tokenizer.json")
                .hasMessageContaining(words)
                .hasMessageContaining("save_pretrained");
    }

    @Test
    void load_brokenVocabulary_namesTheFile() throws IOException {
        write("vocab.txt", "");
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessage(folder.resolve("vocab.txt") + " is empty; it needs a token in each line");

        Files.write(folder.resolve("vocab.txt"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessage(folder.resolve("vocab.txt") + " is no text in UTF-8");

        Files.delete(folder.resolve("vocab.txt"));
        write("vocab.json", "{\"a\": 0, \"b\": 1}");
        write("merges.txt", "#version: 0.2\na c\n");
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(folder.resolve("vocab.json") + " is no tokenizer: ");
    }

    @Test
    void load_tokenThatTheModelNeedsIsNull_namesIt() throws IOException {
        write("vocab.txt", "[UNK]\na\n");
        write("tokenizer_config.json", "{\"sep_token\": null}");

        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessage(folder.resolve("tokenizer_config.json")
                        + ": sep_token is null; its tokenizer needs one, usually [SEP]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tokenizer_config.json | {`sep_token`: {`lstrip`: true}} | a token must be a text or an object with \"content\"",
                "tokenizer_config.json | {`added_tokens_decoder`: {`one`: {`content`: `x`}}} | one",
                "added_tokens.json | {`x`: `one`} | one"
            })
    void load_tokensOfOtherForm_areRefused(String file, String content, String words) throws IOException {
        write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\n");
        write(file, content.replace('`', '"'));

        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the tokens beside " + folder.resolve("vocab.txt") + " make no sense: ")
                .hasMessageContaining(words);
    }
}
