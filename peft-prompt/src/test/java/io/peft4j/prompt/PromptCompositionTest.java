package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Mixture;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.VirtualTokens.Placement;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Example;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PromptCompositionTest {

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    @Test
    void perRow_promptsAndPrefixesOfUnequalLengths_giveWhatEachGivesAlone() {
        List<Example> texts = List.of(
                PromptRuns.text(6, 1),
                PromptRuns.text(9, 2),
                PromptRuns.text(4, 0),
                PromptRuns.text(7, 3),
                PromptRuns.text(5, 4));
        try (Adapter shorter =
                        PromptRuns.trained(base, PromptTuningConfig.builder(2).build(), 1);
                Adapter longer =
                        PromptRuns.trained(base, PromptTuningConfig.builder(7).build(), 2);
                Adapter prefix = PromptRuns.trained(base, PrefixTuningConfig.of(3), 3);
                Adapter other = PromptRuns.trained(base, PrefixTuningConfig.projected(8), 4)) {
            List<Selection> rows = List.of(
                    Selection.of(shorter),
                    Selection.of(longer),
                    Selection.of(prefix),
                    Selection.of(other),
                    Selection.none());

            float[] mixed = PromptRuns.logits(base, Selection.perRow(rows), texts);

            for (int row = 0; row < 5; row++) {
                float[] alone = PromptRuns.logits(base, rows.get(row), List.of(texts.get(row)));
                for (int i = 0; i < 3; i++) {
                    assertThat(mixed[3 * row + i]).isCloseTo(alone[i], Offset.offset(2e-5f));
                }
            }
            assertThat(Arrays.copyOfRange(mixed, 0, 3))
                    .isNotEqualTo(PromptRuns.logits(base, Selection.of(longer), texts.subList(0, 1)));
        }
    }

    @Test
    void stack_twoPrompts_isOnePromptOfBoth() {
        List<Example> texts = List.of(PromptRuns.text(6, 1));
        try (Adapter a = PromptRuns.trained(base, PromptTuningConfig.builder(2).build(), 1);
                Adapter b =
                        PromptRuns.trained(base, PromptTuningConfig.builder(3).build(), 2)) {
            assertThat(Selection.stack(a, b).adaptation().virtualTokens().rows())
                    .isEqualTo(5);
            assertThat(Selection.stack(a, b).positions()).isEqualTo(5);
            assertThat(PromptRuns.logits(base, Selection.stack(a, b), texts))
                    .isNotEqualTo(PromptRuns.logits(base, Selection.stack(b, a), texts));
        }
    }

    /** The prompt of a task differs by text, and joins one that does not. */
    @Test
    void stack_multitaskAndPlainPrompts_isOnePromptOfBothForEachText() {
        List<Example> texts =
                List.of(PromptRuns.text(6, 1).ofTask(2), PromptRuns.text(9, 2).ofTask(0));
        try (Adapter plain =
                        PromptRuns.trained(base, PromptTuningConfig.builder(3).build(), 1);
                Adapter several = PromptRuns.trained(base, MultitaskPromptConfig.of(2, 3), 2);
                Adapter others = PromptRuns.trained(base, MultitaskPromptConfig.of(2, 3), 3)) {
            for (Adapter second : List.of(plain, others)) {
                float[] before = PromptRuns.logits(base, Selection.stack(several, second), texts);
                float[] behind = PromptRuns.logits(base, Selection.stack(second, several), texts);
                for (int row = 0; row < 2; row++) {
                    try (Adapter single = MultitaskPrompts.ofTask(several, base, 2 - 2 * row);
                            Adapter partner = second == plain
                                    ? plain.folded(base)
                                    : MultitaskPrompts.ofTask(others, base, 2 - 2 * row)) {
                        float[] one = PromptRuns.logits(base, Selection.stack(single, partner), texts);
                        float[] two = PromptRuns.logits(base, Selection.stack(partner, single), texts);
                        for (int i = 3 * row; i < 3 * row + 3; i++) {
                            assertThat(before[i]).isCloseTo(one[i], Offset.offset(2e-5f));
                            assertThat(behind[i]).isCloseTo(two[i], Offset.offset(2e-5f));
                        }
                    }
                }
            }
        }
    }

    @Test
    void stack_promptsThatGoToDifferentPlaces_isRefused() {
        PromptTuningConfig after =
                PromptTuningConfig.builder(3).placement(Placement.AFTER_FIRST).build();
        try (Adapter a = PromptRuns.trained(base, PromptTuningConfig.builder(2).build(), 1);
                Adapter b = PromptRuns.trained(base, after, 2)) {
            assertThatThrownBy(() -> PromptRuns.logits(base, Selection.stack(a, b), List.of(PromptRuns.text(6, 1))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("give both one placement");
        }
    }

    @Test
    void create_mixtureWhosePartsShareNames_isRefusedAndAStackIsNot() {
        for (Mixture mixture : List.of(
                Mixture.of(PromptTuningConfig.builder(2).build(), PrefixTuningConfig.of(2)),
                Mixture.of(PromptTuningConfig.builder(2).build(), MultitaskPromptConfig.of(2, 3)),
                Mixture.of(PTuningConfig.of(3), PrefixTuningConfig.projected(3)),
                Mixture.of(PTuningConfig.of(3), PrefixTuningConfig.of(3)))) {
            assertThatThrownBy(() -> Adapter.create(base, mixture, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("parts of a mixture have the same names")
                    .hasMessageContaining("stack them");
        }
        List<Example> texts = List.of(PromptRuns.text(6, 1));
        try (Adapter prompt = PromptRuns.trained(base, PTuningConfig.of(3), 1);
                Adapter prefix = PromptRuns.trained(base, PrefixTuningConfig.projected(3), 2)) {
            assertThat(PromptRuns.logits(base, Selection.stack(prompt, prefix), texts))
                    .isNotEqualTo(PromptRuns.logits(base, Selection.of(prompt), texts))
                    .isNotEqualTo(PromptRuns.logits(base, Selection.of(prefix), texts));
        }
    }

    @Test
    void train_promptAndPrefixTogether_moveBoth() {
        Mixture mixture = new Mixture(List.of(PromptTuningConfig.builder(2).build(), PrefixTuningConfig.projected(3)));
        try (Adapter adapter = Adapter.create(base, mixture, 1)) {
            float[] before = adapter.trainable().flat().toFloatArray();
            PromptRuns.train(base, adapter, 2);
            float[] after = adapter.trainable().flat().toFloatArray();
            for (int i = 0; i < before.length; i++) {
                assertThat(after[i]).isNotEqualTo(before[i]);
            }
        }
    }
}
