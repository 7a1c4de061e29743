package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Mixture;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MultitaskPromptTest {

    private static final MultitaskPromptConfig CONFIG =
            MultitaskPromptConfig.of(4, 3).rank(2);
    private static final List<Example> TEXTS = IntStream.range(0, 6)
            .mapToObj(n -> PromptRuns.text(4 + n, n).ofTask(n % 3))
            .toList();

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    private Adapter trained(MultitaskPromptConfig config) {
        Adapter adapter = Adapter.create(base, config, 1);
        try (TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            for (int i = 0; i < 8; i++) {
                step.accumulate(List.of(new Batch(TEXTS, 0)), i);
                step.update(5e-2);
            }
        }
        return adapter;
    }

    @Test
    void create_threeTasks_trainsTheSharedPromptAndTheirFactors() {
        try (Adapter adapter = Adapter.createWithoutHead(base, CONFIG, 1)) {
            assertThat(adapter.trainable().size()).isEqualTo(4 * 24 + 3 * (4 * 2 + 2 * 24));
        }
    }

    @Test
    void forward_textsOfSeveralTasks_giveWhatThePromptOfEachGives() {
        try (Adapter adapter = trained(CONFIG)) {
            float[] together = PromptRuns.logits(base, Selection.of(adapter), TEXTS);
            for (int task = 0; task < 3; task++) {
                try (Adapter single = MultitaskPrompts.ofTask(adapter, base, task)) {
                    assertThat(single.config()).isInstanceOf(PromptTuningConfig.class);
                    float[] alone = PromptRuns.logits(base, Selection.of(single), TEXTS);
                    for (int i = 0; i < alone.length; i++) {
                        if (i / 3 % 3 == task) {
                            assertThat(together[i]).isCloseTo(alone[i], Offset.offset(2e-5f));
                        } else {
                            assertThat(Math.abs(together[i] - alone[i])).isGreaterThan(1e-6f);
                        }
                    }
                }
            }
        }
    }

    @Test
    void save_trained_loadsEqualAndKeepsItsSettings(@TempDir Path folder) throws IOException {
        try (Adapter adapter = trained(CONFIG)) {
            AdapterFolder.save(adapter, base, folder);
            try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
                assertThat(AdapterFolder.open(folder).config())
                        .isEqualTo(new MultitaskPromptConfig(4, 3, 2, CONFIG.init(), List.of("classifier")));
                assertThat(loaded.trainable().flat().toFloatArray())
                        .containsExactly(adapter.trainable().flat().toFloatArray());
            }
        }
    }

    @Test
    void create_fromOtherTasks_startsWithTheirPrompts(@TempDir Path folder) throws IOException {
        try (Adapter source = trained(CONFIG)) {
            AdapterFolder.save(source, base, folder);
            Path file = folder.resolve("adapter_model.safetensors");
            float[] shared = source.parameter(PromptFields.ROWS).toFloatArray();
            float[] columns = source.parameter(MultitaskPrompt.COLUMNS).toFloatArray();
            for (MultitaskInit.Part part : MultitaskInit.Part.values()) {
                MultitaskPromptConfig next =
                        MultitaskPromptConfig.of(4, 1).rank(2).init(new MultitaskInit.Source(part, file, 2));
                try (Adapter adapter = Adapter.create(base, next, 1)) {
                    assertThat(adapter.parameter(PromptFields.ROWS).toFloatArray())
                            .containsExactly(shared);
                    float[] factors = adapter.parameter(MultitaskPrompt.COLUMNS).toFloatArray();
                    for (int i = 0; i < 8; i++) {
                        float mean = (columns[i] + columns[8 + i] + columns[16 + i]) / 3;
                        switch (part) {
                            case EXACT_SOURCE_TASK -> assertThat(factors[i]).isEqualTo(columns[16 + i]);
                            case AVERAGE_SOURCE_TASKS -> assertThat(factors[i]).isCloseTo(mean, Offset.offset(1e-7f));
                            default -> assertThat(Math.abs(factors[i])).isBetween(1e-7f, 0.1f);
                        }
                    }
                }
            }
            MultitaskPromptConfig other = MultitaskPromptConfig.of(5, 1)
                    .rank(2)
                    .init(new MultitaskInit.Source(MultitaskInit.Part.EXACT_SOURCE_TASK, file, 2));
            assertThatThrownBy(() -> Adapter.create(base, other, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("prompt_embeddings of " + file + " must be");
        }
    }

    @Test
    void forward_taskBeyondTheLast_isRefused() {
        try (Adapter adapter = Adapter.create(base, CONFIG, 1)) {
            List<Example> texts = List.of(
                    PromptRuns.text(4, 1).ofTask(3),
                    PromptRuns.text(4, 2).ofTask(1),
                    PromptRuns.text(4, 2).ofTask(2));
            assertThatThrownBy(() -> PromptRuns.logits(base, Selection.of(adapter), texts))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("task_ids are 0 to 2: [3]");
        }
    }

    @Test
    void forward_textsWithoutATask_isRefused() {
        try (Adapter adapter = Adapter.create(base, CONFIG, 1)) {
            List<Example> texts =
                    List.of(PromptRuns.text(4, 1), PromptRuns.text(4, 2).ofTask(1));
            assertThatThrownBy(() -> PromptRuns.logits(base, Selection.of(adapter), texts))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the batch has no task_ids");
            assertThatThrownBy(() -> MultitaskPrompts.ofTask(adapter, base, 3))
                    .hasMessageContaining("has the tasks 0 to 2: 3");
        }
    }

    @Test
    void tasks_ofASelection_areThoseThatAllItsAdaptersHave() {
        try (Adapter three = Adapter.create(base, CONFIG, 1);
                Adapter two = Adapter.create(
                        base, Mixture.of(MultitaskPromptConfig.of(2, 2), AdaptionPromptConfig.of(3, 1)), 1);
                Adapter plain =
                        Adapter.create(base, PromptTuningConfig.builder(2).build(), 1)) {
            assertThat(Selection.of(three).tasks()).isEqualTo(3);
            assertThat(Selection.of(two).tasks()).isEqualTo(2);
            assertThat(Selection.stack(three, plain, two).tasks()).isEqualTo(2);
            assertThat(Selection.of(plain).tasks()).isZero();
            assertThat(Selection.none().tasks()).isZero();
        }
    }

    /** Both texts of a pair are of the pair's task. */
    @Test
    void rows_ofAPair_haveItsTask() {
        Example pair = Example.ofPair(PromptRuns.text(4, 1), PromptRuns.text(6, 2));
        try (NDManager scratch = base.newManager()) {
            assertThat(new Batch(List.of(pair.ofTask(2), pair.ofTask(1)), 0)
                            .inputs(scratch)
                            .get(Batch.TASKS)
                            .toLongArray())
                    .containsExactly(2, 2, 1, 1);
        }
    }

    @Test
    void create_whatCannotBeServed_isRefused() {
        assertThatThrownBy(() -> MultitaskPromptConfig.of(4, 0)).hasMessageContaining("must be positive: 0 and 1");
        String t5 =
                """
                {"model_type": "t5", "vocab_size": 50, "d_model": 24, "d_kv": 8, "d_ff": 40, "num_layers": 2,
                 "num_heads": 3, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}""";
        try (BaseModel answering = TinyModels.random(Task.sequenceToSequence(), DType.FLOAT32, t5)) {
            assertThatThrownBy(() -> Adapter.create(answering, CONFIG, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("encoder-decoders")
                    .hasMessageContaining("use prompt tuning");
        }
    }
}
