package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.prompt.PrefixTuningConfig.Generation;
import io.peft4j.testkit.TinyModels;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is asked for and cannot be given. */
class PromptErrorsTest {

    static Stream<IntFunction<PeftConfig>> lengths() {
        return Stream.of(
                length -> PromptTuningConfig.builder(length).build(),
                PTuningConfig::of,
                PrefixTuningConfig::of,
                PrefixTuningConfig::projected,
                length -> MultitaskPromptConfig.of(length, 2),
                length -> AdaptionPromptConfig.of(length, 1));
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void config_noVirtualTokens_isRefused(IntFunction<PeftConfig> config) {
        assertThatThrownBy(() -> config.apply(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be positive: 0");
        assertThatThrownBy(() -> config.apply(-3)).hasMessageContaining("must be positive: -3");
    }

    @ParameterizedTest
    @CsvSource({
        "PROMPT_TUNING, num_virtual_tokens",
        "P_TUNING, num_virtual_tokens",
        "PREFIX_TUNING, num_virtual_tokens",
        "MULTITASK_PROMPT_TUNING, num_virtual_tokens",
        "ADAPTION_PROMPT, adapter_len"
    })
    void read_noVirtualTokens_isRefusedWithTheField(String type, String field) {
        JsonObject json = JsonParser.parseString(
                        "{\"peft_type\": \"%s\", \"adapter_layers\": 1, \"%s\": 0}".formatted(type, field))
                .getAsJsonObject();
        if (!type.equals("ADAPTION_PROMPT")) {
            json.remove("adapter_layers");
        }
        ConfigFields fields = new ConfigFields(json, "settings");
        assertThatThrownBy(() -> PeftMethods.of(fields).read(fields))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("settings: ")
                .hasMessageContaining(field + " must be a whole number of at least 1 and less than 2^31: 0");
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void create_longerThanThePositions_isRefusedUnlessItTakesNone(IntFunction<PeftConfig> config) {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            if (config.apply(1) instanceof AdaptionPromptConfig) {
                Adapter.create(base, config.apply(60), 1).close();
                return;
            }
            assertThatThrownBy(() -> Adapter.create(base, config.apply(38), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("38 virtual tokens leave no room for text")
                    .hasMessageContaining("use at most 37");
            Adapter.create(base, config.apply(37), 1).close();
        }
    }

    @Test
    void create_prefixOnAnEncoderOfT5_namesAnAlternative() {
        String t5 =
                """
                {"model_type": "t5", "vocab_size": 50, "d_model": 24, "d_kv": 8, "d_ff": 40, "num_layers": 2,
                 "num_heads": 3, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}""";
        try (BaseModel base = TinyModels.random(Task.featureExtraction(), DType.FLOAT32, t5)) {
            assertThatThrownBy(() -> Adapter.create(base, PrefixTuningConfig.of(3), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no attention that a prefix goes to")
                    .hasMessageContaining("prompt tuning or LoRA");
            Adapter.create(base, PromptTuningConfig.builder(3).build(), 1).close();
        }
    }

    @Test
    void generate_prefixesThatPlaceAnswersDifferently_isRefused() {
        String t5 =
                """
                {"model_type": "t5", "vocab_size": 50, "d_model": 24, "d_kv": 8, "d_ff": 40, "num_layers": 2,
                 "num_heads": 3, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}""";
        GenerationOptions three = GenerationOptions.builder().maxNewTokens(3).build();
        PrefixTuningConfig trained = PrefixTuningConfig.of(3);
        try (BaseModel base = TinyModels.random(Task.sequenceToSequence(), DType.FLOAT32, t5);
                Adapter ours = Adapter.create(base, trained, 1);
                Adapter theirs = Adapter.create(base, trained.generation(Generation.AS_PEFT), 2)) {
            Generator generator = new Generator(base, 0);
            generator.generate(Selection.of(ours), new int[] {5, 6}, three);
            generator.generate(Selection.of(theirs), new int[] {5, 6}, three);
            assertThatThrownBy(() -> generator.generate(Selection.stack(ours, theirs), new int[] {5, 6}, three))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3 learned keys move a text")
                    .hasMessageContaining("3 hide tokens of answers")
                    .hasMessageContaining("select one of the adapters");
        }
    }

    @Test
    void tokenised_textWithoutTokens_isRefused() {
        PromptTuningConfig config = PromptTuningConfig.builder(3)
                .init(new PromptInit.Text("\u200b", "", List.of()))
                .build();
        assertThatThrownBy(() -> PeftMethods.tokenised(config, text -> List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no tokens");
        assertThat(PeftMethods.tokenised(config, text -> List.of(4, 5)))
                .isEqualTo(PromptTuningConfig.builder(3)
                        .init(new PromptInit.Text("\u200b", "", List.of(4, 5)))
                        .build());
        assertThat(PeftMethods.tokenised(PrefixTuningConfig.of(3), text -> List.of()))
                .isEqualTo(PrefixTuningConfig.of(3));
    }
}
