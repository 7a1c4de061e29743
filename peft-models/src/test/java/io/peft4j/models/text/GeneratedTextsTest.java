package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Texts from a decoder with random weights; what they say depends on the seed, that pieces and wholes agree does not. */
class GeneratedTextsTest {

    private static final String LLAMA =
            """
            {"model_type": "llama", "vocab_size": %d, "hidden_size": 32, "num_hidden_layers": 2,
             "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 64,
             "initializer_range": 0.3}""";
    private static final GenerationOptions TWELVE =
            GenerationOptions.builder().maxNewTokens(12).build();
    private static final List<String> PROMPTS = List.of("the cat", "a", "one two three");

    private static TextGenerator model;

    private static BaseModel base(int vocabulary, DType dtype) throws IOException {
        return BaseModel.random(
                        JsonParser.parseString(LLAMA.formatted(vocabulary)).getAsJsonObject())
                .task(Task.causalLanguageModelling())
                .precision(dtype)
                .seed(3)
                .load();
    }

    @BeforeAll
    static void load() throws IOException {
        Tokenizer tokenizer = Tokenizer.load(TestTokenizers.resource("byte-level"));
        model = TextGenerator.of(base(tokenizer.vocabularySize(), DType.FLOAT32), tokenizer);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void generate_severalPrompts_eachIsContinuedAsIfAlone() {
        List<GeneratedText> together = model.generate(Selection.none(), PROMPTS, TWELVE, TextListener.NONE);

        for (int row = 0; row < PROMPTS.size(); row++) {
            assertThat(together.get(row).prompt()).isEqualTo(PROMPTS.get(row));
            assertThat(together.get(row).tokens()).isBetween(1, 12);
            assertThat(together.get(row).text()).isEqualTo(model.generate(Selection.none(), PROMPTS.get(row), TWELVE));
        }
    }

    /** Characters of several bytes wait for their last one, so a text that ends within one is longer than its pieces. */
    @Test
    void generate_piecesOfText_joinToTheWhole() {
        List<StringBuilder> heard = new ArrayList<>();
        PROMPTS.forEach(prompt -> heard.add(new StringBuilder()));

        List<GeneratedText> whole = model.generate(Selection.none(), PROMPTS, TWELVE, (row, piece) -> heard.get(row)
                .append(piece));

        for (int row = 0; row < PROMPTS.size(); row++) {
            assertThat(whole.get(row).text()).startsWith(heard.get(row).toString());
        }
        assertThat(heard).anyMatch(text -> !text.isEmpty());
    }

    @Test
    void exactMatch_completionsOfTheModelAndOthers_countsTheEqualOnes() {
        String prompt = "one two";
        int[] ids = new Generator(model.base(), 0)
                .generate(
                        Selection.none(),
                        new CompletionEncoder(TestTokenizers.BYTE_LEVEL, 64).prompt(prompt),
                        GenerationOptions.builder().maxNewTokens(6).build());
        TextGenerator ending = model.endingWith(Set.of(ids[5]));
        String said = ending.generate(Selection.none(), prompt, TWELVE);

        double share = ending.exactMatch(
                Selection.none(),
                List.of(new CompletionRow(prompt, said), new CompletionRow("the cat", "surely not this text")));

        assertThat(said).isNotBlank();
        assertThat(share).isEqualTo(0.5);
        assertThatThrownBy(() -> model.exactMatch(Selection.none(), List.of(new CompletionRow("", "text"))))
                .hasMessageContaining("needs a prompt in every row");
    }

    @Test
    void of_tokenizerWithMoreIdsThanTheModel_namesBoth() throws IOException {
        Tokenizer tokenizer = TestTokenizers.BYTE_LEVEL;
        int size = tokenizer.vocabularySize();
        try (BaseModel small = base(size - 1, DType.FLOAT32)) {
            assertThatThrownBy(() -> TextGenerator.of(small, tokenizer))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("ids up to %d".formatted(size - 1))
                    .hasMessageContaining("embeddings for %d tokens".formatted(size - 1));
        }
    }

    @Test
    void generate_bfloat16_continuesAllPrompts() throws IOException {
        Tokenizer tokenizer = Tokenizer.load(TestTokenizers.resource("byte-level"));
        try (TextGenerator narrow = TextGenerator.of(base(tokenizer.vocabularySize(), DType.BFLOAT16), tokenizer)) {
            List<GeneratedText> texts = narrow.generate(Selection.none(), PROMPTS, TWELVE, TextListener.NONE);

            assertThat(texts).allMatch(text -> text.tokens() >= 1);
        }
    }
}
