package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Dropout acts while training, by its seed, and never afterwards. */
class DropoutTest {

    private static final List<Batch> BATCHES = List.of(new Batch(
            List.of(
                    Example.of(new int[] {1, 2, 3, 4, 5}, new int[5], 1),
                    Example.of(new int[] {6, 7, 8, 9, 10}, new int[5], 0)),
            0));

    static Stream<Arguments> methods() {
        UpdateDropout rows = new UpdateDropout(0.3, 0);
        UpdateDropout modules = new UpdateDropout(0, 0.5);
        LoraConfig lora = LoraConfig.builder("query", "value").rank(2).build();
        LoraConfig dropping = lora.toBuilder().dropout(0.3).build();
        LohaConfig loha = LohaConfig.builder("query", "value").rank(2).build();
        LokrConfig lokr = LokrConfig.builder("query", "value").rank(2).build();
        return Stream.of(
                Arguments.of("LoRA", dropping, lora),
                Arguments.of("DoRA", new DoraConfig(dropping), new DoraConfig(lora)),
                Arguments.of("LoHa's rows", loha(rows), loha),
                Arguments.of("LoHa's layers", loha(modules), loha),
                Arguments.of("LoKr's rows", lokr(rows, false), lokr),
                Arguments.of("LoKr's rows, rescaled", lokr(rows, true), lokr),
                Arguments.of("LoKr's layers", lokr(modules, false), lokr));
    }

    private static LohaConfig loha(UpdateDropout dropout) {
        return LohaConfig.builder("query", "value").rank(2).dropout(dropout).build();
    }

    private static LokrConfig lokr(UpdateDropout dropout, boolean rescales) {
        return LokrConfig.builder("query", "value")
                .rank(2)
                .dropout(new LokrConfig.Dropout(dropout, rescales))
                .build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void accumulate_dropout_isThatOfItsSeed(String name, PeftConfig dropping, PeftConfig plain) {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, dropping, 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            for (int i = 0; i < 8; i++) {
                step.accumulate(BATCHES, i);
                step.update(5e-2);
            }
            double loss = step.accumulate(BATCHES, 5);
            assertThat(step.accumulate(BATCHES, 5)).isEqualTo(loss);
            assertThat(Stream.of(6, 7, 8, 9).map(seed -> step.accumulate(BATCHES, seed)))
                    .as("losses of other seeds")
                    .anyMatch(other -> Math.abs(other - loss) > 1e-4);
            try (Adapter same = adapter.with(base, plain)) {
                assertThat(logits(base, adapter)).containsExactly(logits(base, same), within(0f));
            }
        }
    }

    private static float[] logits(BaseModel base, Adapter adapter) {
        try (NDManager manager = base.newManager()) {
            NDArray ids = manager.create(new long[] {1, 2, 3, 4, 5}).reshape(1, 5);
            Map<String, NDArray> inputs =
                    Map.of("input_ids", ids, "attention_mask", ids.onesLike(), "token_type_ids", ids.zerosLike());
            return Selection.of(adapter)
                    .forward(base, manager, inputs)
                    .get("logits")
                    .toFloatArray();
        }
    }
}
