package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Learned tokens before texts that are padded on the left, as prompts of unequal lengths are. */
class PromptGenerationTest {

    private static final GenerationOptions OPTIONS =
            GenerationOptions.builder().maxNewTokens(9).build();

    static Stream<PeftConfig> configs() {
        return Stream.of(
                PromptTuningConfig.builder(5).build(),
                PTuningConfig.of(3),
                PrefixTuningConfig.of(4),
                PrefixTuningConfig.projected(4),
                AdaptionPromptConfig.of(4, 2));
    }

    @ParameterizedTest
    @MethodSource("configs")
    void generate_promptsPaddedOnTheLeft_continueAsEachAlone(PeftConfig config) {
        List<int[]> prompts = List.of(new int[] {7, 3, 9, 12, 4, 8}, new int[] {5, 6}, new int[] {11, 2, 30, 41});
        try (BaseModel base = TinyModels.llama(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, config, 3)) {
            adapter.trainable().names().stream()
                    .filter(name -> name.endsWith("adaption_gate"))
                    .forEach(name -> io.peft4j.program.NativeTensors.fill(adapter.parameter(name), 2));
            Generator generator = new Generator(base, 0);
            List<int[]> together = generator.generate(Selection.of(adapter), prompts, OPTIONS, (row, token) -> {});
            boolean matters = false;
            for (int row = 0; row < prompts.size(); row++) {
                assertThat(together.get(row))
                        .containsExactly(generator.generate(Selection.of(adapter), prompts.get(row), OPTIONS));
                matters |= !java.util.Arrays.equals(
                        together.get(row), generator.generate(Selection.none(), prompts.get(row), OPTIONS));
            }
            assertThat(matters).isTrue();
        }
    }
}
