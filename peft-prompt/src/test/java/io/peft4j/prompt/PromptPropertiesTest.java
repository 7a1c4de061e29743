package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.VirtualTokens.Placement;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.assertj.core.data.Offset;

/** What holds for a prompt of any length, among texts of any length. */
class PromptPropertiesTest {

    private static final Offset<Float> ROUNDING = Offset.offset(2e-5f);

    private static BaseModel base;

    @BeforeContainer
    static void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterContainer
    static void close() {
        base.close();
    }

    @Property(tries = 14)
    void forward_textAmongLongerOnes_givesWhatItGivesAlone(
            @ForAll @IntRange(min = 1, max = 8) int virtualTokens,
            @ForAll @IntRange(min = 3, max = 12) int length,
            @ForAll @IntRange(min = 0, max = 6) int kind) {
        try (Adapter adapter = PromptRuns.trained(base, config(kind, virtualTokens), 1)) {
            Selection selection = Selection.of(adapter);
            Example text = PromptRuns.text(length, 1).ofTask(1);
            Example longer = PromptRuns.text(length + 9, 2).ofTask(0);

            float[] alone = PromptRuns.logits(base, selection, List.of(text));
            float[] first = PromptRuns.logits(base, selection, List.of(text, longer));
            float[] last = PromptRuns.logits(base, selection, List.of(longer, text));

            for (int i = 0; i < 3; i++) {
                assertThat(first[i]).isCloseTo(alone[i], ROUNDING);
                assertThat(last[3 + i]).isCloseTo(alone[i], ROUNDING);
            }
        }
    }

    @Property(tries = 14)
    void forward_rowsInAnotherOrder_giveTheSameRows(
            @ForAll @IntRange(min = 1, max = 8) int virtualTokens,
            @ForAll long order,
            @ForAll @IntRange(min = 0, max = 6) int kind) {
        List<Example> texts = IntStream.range(0, 5)
                .mapToObj(n -> PromptRuns.text(3 + 2 * n, n).ofTask(n % 3))
                .toList();
        List<Integer> places = new ArrayList<>(IntStream.range(0, 5).boxed().toList());
        Collections.shuffle(places, new Random(order));
        try (Adapter adapter = PromptRuns.trained(base, config(kind, virtualTokens), 1)) {
            float[] inOrder = PromptRuns.logits(base, Selection.of(adapter), texts);

            float[] shuffled = PromptRuns.logits(
                    base, Selection.of(adapter), places.stream().map(texts::get).toList());

            for (int row = 0; row < 5; row++) {
                for (int i = 0; i < 3; i++) {
                    assertThat(shuffled[3 * row + i]).isCloseTo(inOrder[3 * places.get(row) + i], ROUNDING);
                }
            }
            assertThat(Arrays.copyOfRange(inOrder, 0, 3)).isNotEqualTo(Arrays.copyOfRange(inOrder, 3, 6));
        }
    }

    @Property(tries = 4)
    void create_anyLength_hasAsManyParametersAsTheFormulaSays(@ForAll @IntRange(min = 1, max = 37) int virtualTokens) {
        try (Adapter prompt = Adapter.createWithoutHead(base, config(0, virtualTokens), 1);
                Adapter prefix = Adapter.createWithoutHead(base, config(3, virtualTokens), 1)) {
            assertThat(prompt.trainable().size()).isEqualTo(24L * virtualTokens);
            assertThat(prefix.trainable().size()).isEqualTo(2L * 2 * 24 * virtualTokens);
        }
    }

    private static PeftConfig config(int kind, int virtualTokens) {
        return switch (kind) {
            case 0 -> PromptTuningConfig.builder(virtualTokens).build();
            case 1 ->
                PromptTuningConfig.builder(virtualTokens)
                        .placement(Placement.AFTER_FIRST)
                        .build();
            case 2 -> PTuningConfig.of(virtualTokens);
            case 3 -> PrefixTuningConfig.of(virtualTokens);
            case 4 -> PrefixTuningConfig.projected(virtualTokens);
            case 5 -> MultitaskPromptConfig.of(virtualTokens, 3);
            default -> AdaptionPromptConfig.of(virtualTokens, 2);
        };
    }
}
