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
import java.util.List;
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

    @Property(tries = 12)
    void forward_textAmongLongerOnes_givesWhatItGivesAlone(
            @ForAll @IntRange(min = 1, max = 8) int virtualTokens,
            @ForAll @IntRange(min = 3, max = 12) int length,
            @ForAll @IntRange(min = 0, max = 3) int kind) {
        try (Adapter adapter = PromptRuns.trained(base, config(kind, virtualTokens), 1)) {
            Selection selection = Selection.of(adapter);
            Example text = PromptRuns.text(length, 1);
            Example longer = PromptRuns.text(length + 9, 2);

            float[] alone = PromptRuns.logits(base, selection, List.of(text));
            float[] first = PromptRuns.logits(base, selection, List.of(text, longer));
            float[] last = PromptRuns.logits(base, selection, List.of(longer, text));

            for (int i = 0; i < 3; i++) {
                assertThat(first[i]).isCloseTo(alone[i], ROUNDING);
                assertThat(last[3 + i]).isCloseTo(alone[i], ROUNDING);
            }
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
            default -> PrefixTuningConfig.of(virtualTokens);
        };
    }
}
