package io.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Mixture;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.bottleneck.BottleneckConfig;
import io.peft4j.lora.LoraConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.prompt.PTuningConfig;
import io.peft4j.prompt.PrefixTuningConfig;
import io.peft4j.prompt.PromptTuningConfig;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Methods of different modules trained as one adapter, and stacked at run time. */
class CombinationTest {

    private static final LoraConfig LORA =
            LoraConfig.builder("query", "value").rank(64).build();
    private static final PromptTuningConfig PROMPT =
            PromptTuningConfig.builder(20).build();
    private static final BottleneckConfig BOTTLENECK = BottleneckConfig.pfeiffer();

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.random(
                Task.sequenceClassification(TinyModels.LABELS),
                DType.FLOAT32,
                """
                {"model_type": "bert", "vocab_size": 50, "hidden_size": 96, "num_hidden_layers": 2,
                 "num_attention_heads": 3, "intermediate_size": 100, "max_position_embeddings": 60,
                 "initializer_range": 0.2}""");
    }

    @AfterEach
    void close() {
        base.close();
    }

    static Stream<Mixture> mixtures() {
        return Stream.of(
                Mixture.of(LORA, PROMPT),
                Mixture.of(LORA, PrefixTuningConfig.of(5)),
                Mixture.of(PROMPT, BOTTLENECK),
                Mixture.of(PTuningConfig.of(4), BOTTLENECK, LORA));
    }

    private static List<Example> texts() {
        return Stream.of(6, 11, 3, 8)
                .map(length ->
                        Example.of(new Random(length).ints(length, 1, 50).toArray(), new int[length], length % 3))
                .toList();
    }

    private Adapter trained(PeftConfig config, long seed) {
        Adapter adapter = Adapter.create(base, config, seed);
        try (TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            for (int i = 0; i < 3; i++) {
                step.accumulate(List.of(new Batch(texts(), 0)), i);
                step.update(1e-2);
            }
        }
        return adapter;
    }

    private float[] logits(Selection selection, List<Example> texts) {
        try (NDManager scratch = base.newManager()) {
            return NativeTensors.toFloats(Objects.requireNonNull(selection
                    .forward(base, scratch, new Batch(texts, 0).inputs(scratch))
                    .get("logits")));
        }
    }

    @ParameterizedTest
    @MethodSource("mixtures")
    void train_asOneAdapter_movesAllPartsSavesAndLoadsEqual(Mixture mixture, @TempDir Path folder) throws IOException {
        try (Adapter fresh = Adapter.create(base, mixture, 1);
                Adapter adapter = trained(mixture, 1)) {
            for (String name : adapter.trainable().names()) {
                assertThat(adapter.parameter(name).toFloatArray())
                        .as(name)
                        .isNotEqualTo(fresh.parameter(name).toFloatArray());
            }
            AdapterFolder.save(adapter, base, folder);
            try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
                assertThat(loaded.config().peftType()).isEqualTo(Mixture.TYPE);
                assertThat(loaded.trainable().flat().toFloatArray())
                        .containsExactly(adapter.trainable().flat().toFloatArray());
                assertThat(logits(Selection.of(loaded), texts()))
                        .containsExactly(logits(Selection.of(adapter), texts()));
            }
        }
    }

    @Test
    void train_rank64And20Tokens_isTheSumOfBothCounts() {
        try (Adapter both = Adapter.createWithoutHead(base, Mixture.of(LORA, PROMPT), 1)) {
            assertThat(both.trainable().size()).isEqualTo(2 * 2 * 64 * (96 + 96) + 20 * 96);
        }
    }

    @Test
    void stack_adaptersOfDifferentMethods_actTogetherAndPerRow() {
        try (Adapter lora = trained(LORA, 1);
                Adapter prompt = trained(PROMPT, 2);
                Adapter bottleneck = trained(BOTTLENECK, 3)) {
            List<Selection> choices = List.of(
                    Selection.stack(lora, prompt),
                    Selection.stack(prompt, bottleneck),
                    Selection.of(prompt),
                    Selection.of(lora));
            float[] mixed = logits(Selection.perRow(choices), texts());
            for (int row = 0; row < 4; row++) {
                float[] alone = logits(choices.get(row), texts().subList(row, row + 1));
                for (int i = 0; i < 3; i++) {
                    assertThat(mixed[3 * row + i]).isCloseTo(alone[i], Offset.offset(5e-5f));
                }
            }
            assertThat(logits(choices.get(0), texts()))
                    .isNotEqualTo(logits(Selection.of(lora), texts()))
                    .isNotEqualTo(logits(Selection.of(prompt), texts()));
        }
    }
}
