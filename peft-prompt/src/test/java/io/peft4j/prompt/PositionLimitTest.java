package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts that are as long as the table of positions, and one token longer. */
class PositionLimitTest {

    private static final int LEARNED = 4;

    @ParameterizedTest
    @CsvSource({"bert", "roberta", "distilbert", "gpt2"})
    void forward_learnedPositions_endWithTheTable(String model) throws IOException {
        try (BaseModel base =
                        BaseModel.from(Goldens.folder("hf/" + model + "/base")).load();
                Adapter prompt =
                        Adapter.create(base, PromptTuningConfig.builder(LEARNED).build(), 1);
                Adapter prefix = Adapter.create(base, PrefixTuningConfig.of(LEARNED), 1)) {
            int limit = base.architecture().positionLimit();

            assertComputes(base, Selection.none(), limit);
            assertRefuses(base, Selection.none(), limit + 1);
            for (Adapter adapter : List.of(prompt, prefix)) {
                assertComputes(base, Selection.of(adapter), limit - LEARNED);
                assertRefuses(base, Selection.of(adapter), limit - LEARNED + 1);
                assertThatThrownBy(() -> train(base, adapter, limit - LEARNED + 1))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("the model has " + limit);
            }
            Selection byRow = Selection.perRow(Selection.of(prompt), Selection.none());
            assertRefuses(base, byRow, limit - LEARNED + 1);
        }
    }

    @Test
    void forward_rotaryPositions_haveNoEnd() throws IOException {
        try (BaseModel base = BaseModel.from(Goldens.folder("hf/llama/base")).load()) {
            assertComputes(base, Selection.none(), base.architecture().maxLength() + 3);
        }
    }

    @Test
    void generate_learnedTokens_takeRoom() throws IOException {
        try (BaseModel base = BaseModel.from(Goldens.folder("hf/gpt2/base")).load();
                Adapter prompt =
                        Adapter.create(base, PromptTuningConfig.builder(LEARNED).build(), 1)) {
            Generator generator = new Generator(base, 0);
            int room = base.architecture().positionLimit() - LEARNED - 30 + 1;
            GenerationOptions.Builder options = GenerationOptions.builder();

            assertThat(generator.generate(
                            Selection.of(prompt),
                            new int[30],
                            options.maxNewTokens(room).build()))
                    .hasSize(room);
            assertThatThrownBy(() -> generator.generate(
                            Selection.of(prompt),
                            new int[30],
                            options.maxNewTokens(room + 1).build()))
                    .hasMessageContaining(
                            "30 tokens and 4 learned ones there is room for %d new tokens".formatted(room));
        }
    }

    private static void assertComputes(BaseModel base, Selection selection, int tokens) {
        try (NDManager manager = base.newManager()) {
            NDArray logits =
                    selection.forward(base, manager, inputs(manager, tokens)).get("logits");
            for (float logit : logits.toFloatArray()) {
                assertThat(logit).isFinite();
            }
        }
    }

    private static void assertRefuses(BaseModel base, Selection selection, int tokens) {
        try (NDManager manager = base.newManager()) {
            assertThatThrownBy(() -> selection.forward(base, manager, inputs(manager, tokens)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a text takes %d positions"
                            .formatted(base.architecture().positionLimit() + 1));
        }
    }

    private static Map<String, NDArray> inputs(NDManager manager, int tokens) {
        Shape shape = new Shape(2, tokens);
        return Map.of(
                "input_ids", manager.ones(shape, DataType.INT64).mul(5),
                "attention_mask", manager.ones(shape, DataType.INT64),
                "token_type_ids", manager.zeros(shape, DataType.INT64));
    }

    private static void train(BaseModel base, Adapter adapter, int tokens) {
        int[] ids = new int[tokens];
        Arrays.fill(ids, 5);
        Example example = base.task().labels().isEmpty()
                ? Example.ofTokens(ids, new int[tokens], ids)
                : Example.of(ids, new int[tokens], 1);
        try (TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            step.accumulate(List.of(new Batch(List.of(example), 0)), 1);
        }
    }
}
