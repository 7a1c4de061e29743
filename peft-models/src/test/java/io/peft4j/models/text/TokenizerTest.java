package io.peft4j.models.text;

import static io.peft4j.models.text.TestTokenizers.BYTE_LEVEL;
import static io.peft4j.models.text.TestTokenizers.MINI_LM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TokenizerTest {

    private static final int NO_LIMIT = Integer.MAX_VALUE;

    @TempDir
    private Path folder;

    private record Reference(String text, List<Integer> input_ids) {}

    private static List<Reference> references() throws IOException {
        JsonElement cases =
                TestTokenizers.json("minilm-ids.json").getAsJsonObject().get("cases");
        return List.of(new Gson().fromJson(cases, Reference[].class));
    }

    /** A line of goldens.json, which goldens.py makes with Hugging Face. */
    private record Golden(
            String tokenizer,
            @Nullable String text,
            @Nullable String pair,
            @Nullable List<String> words,
            @Nullable Integer max_length,
            List<Integer> ids,
            List<Integer> type_ids,
            List<Integer> word_ids,
            List<Integer> sequences,
            @Nullable List<List<Integer>> spans) {

        Encoding encode() {
            Tokenizer used = tokenizer.equals("minilm") ? MINI_LM : BYTE_LEVEL;
            int maxLength = max_length == null ? NO_LIMIT : max_length;
            if (words != null) {
                return used.encodeWords(words, maxLength);
            }
            return pair == null ? used.encode(text, maxLength) : used.encode(text, pair, maxLength);
        }
    }

    private static Stream<Golden> goldens() throws IOException {
        return Stream.of(new Gson().fromJson(TestTokenizers.json("goldens.json"), Golden[].class));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void encode_textPairOrWords_agreesWithHuggingFace(Golden golden) {
        Encoding encoding = golden.encode();
        List<Integer> tokens = IntStream.range(0, encoding.length()).boxed().toList();

        assertThat(tokens).map(encoding::id).isEqualTo(golden.ids);
        assertThat(tokens).map(encoding::typeId).isEqualTo(golden.type_ids);
        assertThat(tokens).map(encoding::sequence).isEqualTo(golden.sequences);
        assertThat(tokens).map(encoding::word).isEqualTo(golden.word_ids);
        if (golden.spans != null) {
            assertThat(tokens)
                    .map(encoding::span)
                    .map(span -> List.of(span.start(), span.end()))
                    .isEqualTo(golden.spans);
        }
    }

    @Test
    void encode_miniLm_givesTheReferenceIdsWithoutPadding() throws IOException {
        for (Reference reference : references()) {
            assertThat(MINI_LM.encode(reference.text).ids())
                    .containsExactly(reference.input_ids.toArray(Integer[]::new));
        }
    }

    @Test
    void encodeAll_texts_equalsOneByOne() throws IOException {
        List<String> texts = Stream.concat(
                        references().stream().map(Reference::text),
                        IntStream.range(0, 3000).mapToObj(i -> "text number " + i + " 😀"))
                .toList();

        assertThat(MINI_LM.encodeAll(texts, 7))
                .isEqualTo(texts.stream().map(text -> MINI_LM.encode(text, 7)).toList());
    }

    @Test
    void encodeAll_pairs_equalsOneByOne() {
        List<String> texts = List.of("a low-rank update", "", "😀");
        List<String> textsB = List.of("keep the base", "is cheap", "");

        assertThat(BYTE_LEVEL.encodeAll(texts, textsB, 12))
                .isEqualTo(IntStream.range(0, 3)
                        .mapToObj(i -> BYTE_LEVEL.encode(texts.get(i), textsB.get(i), 12))
                        .toList());
    }

    @Test
    void encodeAll_nothing_isEmpty() {
        assertThat(MINI_LM.encodeAll(List.of(), 8)).isEmpty();
    }

    @Test
    void encodeAll_pairsIncomplete_isRefused() {
        assertThatThrownBy(() -> MINI_LM.encodeAll(List.of("a", "b"), List.of("c"), 8))
                .hasMessage("each text needs a second one: 2 texts, 1 second ones");
    }

    @Test
    void truncated_textTooLong_isTold() {
        assertThat(MINI_LM.encode("one two three", 5).truncated()).isFalse();
        assertThat(MINI_LM.encode("one two three four", 5).truncated()).isTrue();
    }

    @Test
    void encode_noRoomForSpecialTokens_isRefused() {
        assertThatThrownBy(() -> MINI_LM.encode("a", "b", 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxLength 2 has no room for the 3 special tokens");
    }

    @Test
    void encodeWithoutSpecialTokens_text_hasOnlyTheText() {
        Encoding encoding = MINI_LM.encodeWithoutSpecialTokens("the fox");

        assertThat(encoding.ids()).containsExactly(1996, 4419);
        assertThat(encoding.isSpecial(0)).isFalse();
    }

    @Test
    void encode_halfACharacter_leavesTheRestAlone() {
        assertThat(MINI_LM.encode("é\uD83D fox").ids())
                .containsExactly(MINI_LM.encode("é\uFFFD fox").ids());
    }

    @Test
    void encodeWords_wordIsOneToken_spansAllOfIt() {
        Encoding encoding = BYTE_LEVEL.encodeWords(List.of("The", "frozen"), NO_LIMIT);
        int last = encoding.length() - 2;

        assertThat(encoding.id(last))
                .isEqualTo(BYTE_LEVEL.tokenToId("\u0120frozen").orElseThrow());
        assertThat(encoding.word(last)).isEqualTo(1);
        assertThat(encoding.span(last)).isEqualTo(new Span(0, 6));
    }

    @Test
    void decode_encodedText_isTheText() {
        String text = "Train 😀 the café's   base!";

        assertThat(BYTE_LEVEL.decode(BYTE_LEVEL.encode(text).ids(), true)).isEqualTo(text);
        assertThat(BYTE_LEVEL.decode(BYTE_LEVEL.encode(text).ids(), false)).isEqualTo("<s>" + text + "</s>");
    }

    @Test
    void decode_wordPieces_joinsThem() {
        assertThat(MINI_LM.decode(new int[] {101, 13971, 3899, 1012, 102}, true))
                .isEqualTo("lazy dog.");
        assertThat(MINI_LM.decode(new int[0], true)).isEmpty();
    }

    @Test
    void decode_idsOutsideTheVocabulary_leaveNoTrace() {
        assertThat(MINI_LM.decode(new int[] {3899, 99999, -100}, true)).isEqualTo("dog");
    }

    @Test
    void load_miniLm_knowsItsTokensAndLength() {
        assertThat(MINI_LM.padId()).isZero();
        assertThat(MINI_LM.id(SpecialToken.UNK)).hasValue(100);
        assertThat(MINI_LM.id(SpecialToken.CLS)).hasValue(101);
        assertThat(MINI_LM.id(SpecialToken.SEP)).hasValue(102);
        assertThat(MINI_LM.id(SpecialToken.MASK)).hasValue(103);
        assertThat(MINI_LM.id(SpecialToken.BOS)).isEmpty();
        assertThat(MINI_LM.vocabularySize()).isEqualTo(30522);
        assertThat(MINI_LM.modelMaxLength()).hasValue(512);
        assertThat(MINI_LM.paddingSide()).isEqualTo(Side.RIGHT);
        assertThat(MINI_LM.tokenToId("fox")).hasValue(4419);
        assertThat(MINI_LM.tokenToId("no such token")).isEmpty();
    }

    @Test
    void load_configAndMap_completeEachOther() {
        assertThat(BYTE_LEVEL.id(SpecialToken.BOS)).hasValue(0);
        assertThat(BYTE_LEVEL.id(SpecialToken.EOS)).hasValue(2);
        assertThat(BYTE_LEVEL.id(SpecialToken.SEP)).hasValue(2);
        assertThat(BYTE_LEVEL.padId()).isEqualTo(1);
        assertThat(BYTE_LEVEL.modelMaxLength()).isEmpty();
        assertThat(BYTE_LEVEL.paddingSide()).isEqualTo(Side.LEFT);
    }

    @Test
    void load_noConfig_goesByUsualSpellings() throws IOException {
        Files.copy(TestTokenizers.resource("byte-level/tokenizer.json"), folder.resolve("tokenizer.json"));

        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.id(SpecialToken.EOS)).hasValue(2);
            assertThat(tokenizer.padId()).isEqualTo(1);
            assertThat(tokenizer.paddingSide()).isEqualTo(Side.RIGHT);
        }
    }

    private Tokenizer tokenizer(String model, String config) throws IOException {
        Files.writeString(
                folder.resolve("tokenizer.json"),
                """
                {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"}, "model": %s}
                """
                        .formatted(model));
        Files.writeString(folder.resolve("tokenizer_config.json"), config);
        return Tokenizer.load(folder);
    }

    private static final String WORDS_WITHOUT_UNKNOWN =
            """
            {"type": "WordLevel", "vocab": {"a": 0, ".": 1, "end": 7}, "unk_token": "[UNK]"}
            """;

    @Test
    void encodeAll_wordThatNoTokenStandsFor_isRefused() throws IOException {
        try (Tokenizer tokenizer = tokenizer(WORDS_WITHOUT_UNKNOWN, "{}")) {
            assertThat(tokenizer.encodeAll(List.of("a", "a a"), NO_LIMIT)).hasSize(2);
            assertThatThrownBy(() -> tokenizer.encodeAll(List.of("a", "b"), NO_LIMIT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the tokenizer cannot encode the text: ");
        }
    }

    @Test
    void encode_pairWithoutSpecialTokens_tellsTheTextsApart() throws IOException {
        try (Tokenizer tokenizer = tokenizer(WORDS_WITHOUT_UNKNOWN, "{\"truncation_side\": \"left\"}")) {
            Encoding encoding = tokenizer.encode("a a a", "end a", 3);

            assertThat(encoding.ids()).containsExactly(0, 0, 0);
            assertThat(IntStream.range(0, 3).map(encoding::sequence)).containsExactly(0, 0, 1);
        }
    }

    @Test
    void padId_noPaddingToken_isTheEndOfText() throws IOException {
        try (Tokenizer tokenizer = tokenizer(WORDS_WITHOUT_UNKNOWN, "{\"eos_token\": \"end\"}")) {
            assertThat(tokenizer.padId()).isEqualTo(7);
            assertThat(tokenizer.vocabularySize()).isEqualTo(8);
        }
    }

    @Test
    void padId_onlyInThePaddingBlock_isTaken() throws IOException {
        String model = WORDS_WITHOUT_UNKNOWN + ", \"padding\": " + PADDING;

        try (Tokenizer tokenizer = tokenizer(model, "{\"eos_token\": \"end\"}")) {
            assertThat(tokenizer.padId()).isEqualTo(1);
        }
    }

    private static final String PADDING =
            """
            {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 1, "pad_type_id": 0,
             "pad_token": "."}
            """;

    @Test
    void load_specialTokenOutsideTheVocabulary_isAbsent() throws IOException {
        try (Tokenizer tokenizer = tokenizer(WORDS_WITHOUT_UNKNOWN, "{\"mask_token\": \"<mask>\"}")) {
            assertThat(tokenizer.id(SpecialToken.MASK)).isEmpty();
        }
    }

    @Test
    void decode_configAsksForCleanUp_closesGaps() throws IOException {
        try (Tokenizer tokenizer = tokenizer(WORDS_WITHOUT_UNKNOWN, "{\"clean_up_tokenization_spaces\": true}")) {
            assertThat(tokenizer.decode(new int[] {0, 1}, true)).isEqualTo("a.");
        }
    }

    @Test
    void load_unigramModel_numbersItsPieces() throws IOException {
        String model =
                """
                {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["\u2581a", -1.5], ["b", -2.0]]}
                """;

        try (Tokenizer tokenizer = tokenizer(model, "{}")) {
            assertThat(tokenizer.tokenToId("b")).hasValue(2);
            assertThat(tokenizer.vocabularySize()).isEqualTo(3);
        }
    }

    @Test
    void load_noTokenizerFile_saysHowToMakeOne() {
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder + " has no tokenizer.json")
                .hasMessageContaining("save_pretrained");
    }

    @Test
    void load_brokenFiles_namesTheFile() throws IOException {
        assertThatThrownBy(() -> tokenizer("{\"type\": \"NoSuchModel\"}", "{}"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(folder.resolve("tokenizer.json") + " is no tokenizer: ");
        assertThatThrownBy(() -> tokenizer(WORDS_WITHOUT_UNKNOWN, "[]"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(folder.resolve("tokenizer_config.json") + " is no JSON object: ");
        assertThatThrownBy(() -> tokenizer(WORDS_WITHOUT_UNKNOWN, "{\"padding_side\": \"top\"}"))
                .isInstanceOf(IOException.class)
                .hasMessage(folder.resolve("tokenizer_config.json")
                        + ": padding_side must be \"left\" or \"right\": \"top\"");
    }

    @Test
    void close_twice_endsUse() throws IOException {
        Tokenizer tokenizer = tokenizer(WORDS_WITHOUT_UNKNOWN, "{}");
        tokenizer.close();
        tokenizer.close();

        assertThatThrownBy(() -> tokenizer.encode("a"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the tokenizer is closed");
    }

    @Test
    void encode_manyThreads_allGetTheSame() {
        Encoding expected = MINI_LM.encode("The quick brown fox 😀");

        assertThat(IntStream.range(0, 2000).parallel().mapToObj(i -> MINI_LM.encode("The quick brown fox 😀")))
                .allMatch(expected::equals);
    }
}
