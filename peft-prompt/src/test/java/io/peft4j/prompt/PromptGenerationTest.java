package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.generate.TokenListener;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Learned tokens before prompts of different lengths, which are padded on the left. */
class PromptGenerationTest {

    private static final List<int[]> PROMPTS =
            List.of(new int[] {3, 14, 15, 9, 26, 5}, new int[] {35}, new int[] {8, 9, 7});
    private static final GenerationOptions TEN =
            GenerationOptions.builder().maxNewTokens(10).build();

    @ParameterizedTest
    @CsvSource({
        "gpt2, prompt",
        "gpt2, ptuning",
        "gpt2, prefix",
        "llama, prompt",
        "llama, prefix",
        "qwen3, prompt",
        "qwen3, prefix"
    })
    void generate_promptsOfDifferentLengths_eachIsAsIfAlone(String model, String method) throws IOException {
        try (BaseModel base = BaseModel.from(Goldens.folder("hf/%s/base".formatted(model)))
                        .load();
                Adapter adapter = AdapterFolder.open(Goldens.folder("hf/%s/%s".formatted(model, method)))
                        .load(base)) {
            Generator generator = new Generator(base, 0);
            Selection selection = Selection.of(adapter);

            List<int[]> together = generator.generate(selection, PROMPTS, TEN, TokenListener.NONE);

            for (int row = 0; row < PROMPTS.size(); row++) {
                assertThat(together.get(row)).containsExactly(generator.generate(selection, PROMPTS.get(row), TEN));
            }
            assertThat(together)
                    .usingRecursiveComparison()
                    .isNotEqualTo(generator.generate(Selection.none(), PROMPTS, TEN, TokenListener.NONE));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompt", "prefix"})
    void generate_selectionByRow_isRefused(String method) throws IOException {
        try (BaseModel base = BaseModel.from(Goldens.folder("hf/llama/base")).load();
                Adapter adapter =
                        AdapterFolder.open(Goldens.folder("hf/llama/" + method)).load(base)) {
            Selection byRow = Selection.perRow(Selection.of(adapter), Selection.none(), Selection.none());

            assertThatThrownBy(() -> new Generator(base, 0).generate(byRow, PROMPTS, TEN, TokenListener.NONE))
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
