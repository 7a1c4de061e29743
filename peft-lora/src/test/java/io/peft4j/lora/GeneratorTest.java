package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.generate.Sampling;
import io.peft4j.generate.TokenListener;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.TinyModels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What batches, long texts, drawing and stopping do to generated tokens. */
class GeneratorTest {

    private static final List<int[]> PROMPTS =
            List.of(new int[] {3, 14, 15, 9, 26, 5}, new int[] {35}, new int[] {8, 9, 7});

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "qwen2", "qwen3"})
    void generate_promptsOfDifferentLengths_eachIsAsIfAlone(String model) throws IOException {
        try (BaseModel base = load(model);
                Adapter adapter = AdapterFolder.open(Goldens.folder("hf/%s/lora".formatted(model)))
                        .load(base)) {
            Generator generator = new Generator(base, 0);
            GenerationOptions options =
                    GenerationOptions.builder().maxNewTokens(12).build();

            List<int[]> together = generator.generate(Selection.of(adapter), PROMPTS, options, TokenListener.NONE);

            for (int row = 0; row < PROMPTS.size(); row++) {
                assertThat(together.get(row))
                        .containsExactly(generator.generate(Selection.of(adapter), PROMPTS.get(row), options));
            }
            List<int[]> without = generator.generate(Selection.none(), PROMPTS, options, TokenListener.NONE);
            assertThat(together).usingRecursiveComparison().isNotEqualTo(without);
        }
    }

    @Test
    void generate_moreTokensThanTheFirstBuffersHold_givesWhatOneCallOverTheTextWouldPredict() throws IOException {
        try (BaseModel base = TinyModels.llama(DType.FLOAT32)) {
            Generator generator = new Generator(base, 0);
            int[] prompt = {5, 6, 7};

            int[] whole = generator.generate(
                    Selection.none(),
                    prompt,
                    GenerationOptions.builder().maxNewTokens(150).build());

            assertThat(whole).hasSize(150);
            List<Integer> text = new ArrayList<>(List.of(5, 6, 7));
            GenerationOptions one = GenerationOptions.builder().maxNewTokens(1).build();
            for (int i = 0; i < whole.length; i += 29) {
                while (text.size() < prompt.length + i) {
                    text.add(whole[text.size() - prompt.length]);
                }
                int[] before = text.stream().mapToInt(Integer::intValue).toArray();
                assertThat(generator.generate(Selection.none(), before, one)).containsExactly(whole[i]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"hf/bert", "hf/distilbert", "hf/roberta", "hf/gpt2", "hf/llama", "hf/qwen3", "adapterhub/t5"})
    void vocabularySize_everyArchitecture_isThatOfTheConfiguration(String model) throws IOException {
        try (BaseModel base = BaseModel.from(Goldens.folder(model + "/base")).load()) {
            assertThat(base.vocabularySize())
                    .isEqualTo(base.config().get("vocab_size").getAsLong());
        }
    }

    @Test
    void generate_tokensThatTheModelLacks_areNamed() {
        try (BaseModel base = TinyModels.llama(DType.FLOAT32)) {
            Generator generator = new Generator(base, 0);
            GenerationOptions options = GenerationOptions.builder().build();
            List<int[]> prompts = List.of(new int[] {0, 49}, new int[] {3, 50, -1, 50});

            assertThatThrownBy(() -> generator.generate(Selection.none(), prompts, options, TokenListener.NONE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("prompt 2 has tokens [50, -1]; those of random are from 0 to 49");
        }
    }

    @Test
    void generate_upToTheLastPosition_givesAllTokens() throws IOException {
        try (BaseModel base = load("gpt2")) {
            int room = base.architecture().positionLimit() - 30 + 1;

            int[] added = new Generator(base, 0)
                    .generate(
                            Selection.none(),
                            new int[30],
                            GenerationOptions.builder().maxNewTokens(room).build());

            assertThat(added).hasSize(room);
        }
    }

    @Test
    void generate_rotaryPositions_haveNoEnd() throws IOException {
        try (BaseModel base = load("llama")) {
            int beyond = base.architecture().maxLength() + 5;

            int[] added = new Generator(base, 0)
                    .generate(
                            Selection.none(),
                            new int[] {3},
                            GenerationOptions.builder().maxNewTokens(beyond).build());

            assertThat(added).hasSize(beyond);
        }
    }

    @Test
    void generate_stopToken_endsThatTextAlone() throws IOException {
        try (BaseModel base = load("llama")) {
            Generator generator = new Generator(base, 0);
            GenerationOptions options =
                    GenerationOptions.builder().maxNewTokens(10).build();
            List<int[]> free = generator.generate(Selection.none(), PROMPTS, options, TokenListener.NONE);
            int stop = free.get(0)[2];
            List<Integer> heard = new ArrayList<>();

            List<int[]> stopped =
                    generator.generate(Selection.none(), PROMPTS, options.withStopTokens(Set.of(stop)), (row, id) -> {
                        if (row == 0) {
                            heard.add(id);
                        }
                    });

            assertThat(stopped.get(0)).endsWith(stop).hasSizeLessThanOrEqualTo(3);
            assertThat(heard)
                    .containsExactlyElementsOf(
                            java.util.Arrays.stream(stopped.get(0)).boxed().toList());
            for (int row = 1; row < PROMPTS.size(); row++) {
                int[] expected = free.get(row);
                int[] got = stopped.get(row);
                assertThat(got).containsExactly(java.util.Arrays.copyOf(expected, got.length));
                assertThat(got.length == expected.length || got[got.length - 1] == stop)
                        .isTrue();
            }
        }
    }

    @Test
    void generate_drawn_dependsOnTheSeedAlone() throws IOException {
        try (BaseModel base = load("mistral")) {
            Generator generator = new Generator(base, 0);
            GenerationOptions.Builder hot =
                    GenerationOptions.builder().maxNewTokens(20).sampling(new Sampling(1.5, 0, 1, 1));
            int[] prompt = {1, 2, 3};

            int[] first =
                    generator.generate(Selection.none(), prompt, hot.seed(1).build());

            assertThat(generator.generate(Selection.none(), prompt, hot.seed(1).build()))
                    .isEqualTo(first);
            assertThat(generator.generate(Selection.none(), prompt, hot.seed(2).build()))
                    .isNotEqualTo(first);
        }
    }

    @Test
    void generate_onlyTheLikeliestMayBeDrawn_isGreedy() throws IOException {
        try (BaseModel base = load("llama")) {
            Generator generator = new Generator(base, 0);
            GenerationOptions.Builder options = GenerationOptions.builder().maxNewTokens(10);
            int[] prompt = {4, 5};
            int[] greedy = generator.generate(Selection.none(), prompt, options.build());

            assertThat(generator.generate(
                            Selection.none(),
                            prompt,
                            options.sampling(new Sampling(2, 1, 1, 1)).build()))
                    .isEqualTo(greedy);
            assertThat(generator.generate(
                            Selection.none(),
                            prompt,
                            options.sampling(new Sampling(2, 0, 1e-9, 1)).build()))
                    .isEqualTo(greedy);
        }
    }

    @Test
    void generate_promptWithoutRoom_namesPositions() throws IOException {
        try (BaseModel base = load("gpt2")) {
            Generator generator = new Generator(base, 0);
            GenerationOptions twelve =
                    GenerationOptions.builder().maxNewTokens(12).build();

            assertThatThrownBy(() -> generator.generate(Selection.none(), new int[30], twelve))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("has 40 positions")
                    .hasMessageContaining("a prompt of 30 tokens")
                    .hasMessageContaining("room for 11 new tokens, not for 12");
            assertThatThrownBy(() -> generator.generate(Selection.none(), new int[50], twelve))
                    .hasMessageContaining("room for 0 new tokens");
            assertThatThrownBy(() -> generator.generate(Selection.none(), new int[0], twelve))
                    .hasMessageContaining("at least one token");
        }
    }

    @Test
    void new_modelThatClassifies_namesTheTask() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            assertThatThrownBy(() -> new Generator(base, 0)).hasMessageContaining("SEQ_CLS, which generates no text");
        }
    }

    private static BaseModel load(String model) throws IOException {
        return BaseModel.from(Goldens.folder("hf/%s/base".formatted(model)))
                .task(Task.causalLanguageModelling())
                .load();
    }
}
