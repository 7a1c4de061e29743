package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Place;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Example;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class AdaptionPromptTest {

    private static final List<Example> TEXTS =
            List.of(PromptRuns.text(6, 1), PromptRuns.text(9, 2), PromptRuns.text(4, 0));

    @Property(tries = 6)
    void forward_closedGates_areExactlyTheBaseModel(
            @ForAll @IntRange(min = 1, max = 9) int length, @ForAll @IntRange(min = 1, max = 2) int layers) {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.createWithoutHead(base, AdaptionPromptConfig.of(length, layers), 1)) {
            float[] plain = PromptRuns.logits(base, Selection.none(), TEXTS);
            assertThat(PromptRuns.logits(base, Selection.of(adapter), TEXTS)).containsExactly(plain);
            open(adapter);
            assertThat(PromptRuns.logits(base, Selection.of(adapter), TEXTS)).isNotEqualTo(plain);
        }
    }

    private static void open(Adapter adapter) {
        adapter.trainable().names().stream()
                .filter(name -> name.endsWith("adaption_gate"))
                .forEach(name -> NativeTensors.fill(adapter.parameter(name), 0.7));
    }

    @Test
    void compose_gatedPrompts_followTheLawsOfComposition() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter a = PromptRuns.trained(base, AdaptionPromptConfig.of(3, 2), 1);
                Adapter b = PromptRuns.trained(base, AdaptionPromptConfig.of(5, 1), 2)) {
            open(a);
            open(b);
            assertThat(a.places()).contains(Place.ATTENTION);
            float[] ofA = PromptRuns.logits(base, Selection.of(a), TEXTS);
            float[] ofB = PromptRuns.logits(base, Selection.of(b), TEXTS);

            float[] mixed = PromptRuns.logits(
                    base, Selection.perRow(Selection.of(a), Selection.of(b), Selection.none()), TEXTS);
            assertClose(mixed, ofA, 0, 3);
            assertClose(mixed, ofB, 3, 6);
            assertClose(mixed, PromptRuns.logits(base, Selection.none(), TEXTS), 6, 9);

            float[] twice = PromptRuns.logits(base, Selection.average(a, a), TEXTS);
            assertClose(twice, ofA, 0, 9);
            float[] stacked = PromptRuns.logits(base, Selection.stack(a, b), TEXTS);
            assertThat(stacked).isNotEqualTo(ofA).isNotEqualTo(ofB);
            float[] skipped = PromptRuns.logits(base, Selection.of(b).skipLayers(List.of(1)), TEXTS);
            assertThat(skipped).isNotEqualTo(ofB);
        }
    }

    private static void assertClose(float[] actual, float[] expected, int from, int to) {
        for (int i = from; i < to; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], Offset.offset(2e-5f));
        }
    }

    @Test
    void create_moreLayersThanThereAre_isRefused() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            assertThatThrownBy(() -> Adapter.create(base, AdaptionPromptConfig.of(3, 3), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("adapter_layers 3 is more than the 2 layers");
            assertThatThrownBy(() -> Adapter.create(base, new AdaptionPromptConfig(3, 1, "attn", List.of()), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no attention of")
                    .hasMessageContaining("encoder.layer.0.attention.self");
        }
    }

    @Test
    void create_modelWithoutSuchAPlace_namesAnAlternative() {
        String t5 =
                """
                {"model_type": "t5", "vocab_size": 50, "d_model": 24, "d_kv": 8, "d_ff": 40, "num_layers": 2,
                 "num_heads": 3, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}""";
        try (BaseModel base = TinyModels.random(Task.sequenceToSequence(), DType.FLOAT32, t5)) {
            assertThatThrownBy(() -> Adapter.create(base, AdaptionPromptConfig.of(3, 1), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no place for gated prompts")
                    .hasMessageContaining("use prefix tuning");
        }
    }

    @Test
    void config_outOfRange_isRefused() {
        assertThatThrownBy(() -> AdaptionPromptConfig.of(0, 1)).hasMessageContaining("must be positive: 0");
        assertThatThrownBy(() -> AdaptionPromptConfig.of(1, 0)).hasMessageContaining("must be positive: 0");
    }
}
