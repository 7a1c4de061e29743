package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.MemoryPlan;
import io.peft4j.model.TargetModules;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.ActivationCache;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpointed layers, budgets and cached activations change what a step takes and nothing of what it computes. */
class LoraMemoryTest {

    private static final LoraConfig EVERYWHERE =
            LoraConfig.builder("query", "value").rank(4).dropout(0.2).build();
    private static final LoraConfig LAST_LAYER = LoraConfig.builder(
                    TargetModules.matching("bert\\.encoder\\.layer\\.1\\.attention\\.self\\.(query|value)"))
            .rank(4)
            .dropout(0.2)
            .build();

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16"})
    void accumulate_checkpointed_givesTheSameBits(DType dtype) {
        try (BaseModel model = TinyModels.bert(dtype);
                Adapter adapter = Adapter.create(model, EVERYWHERE, 1)) {
            float[] kept = gradients(model, adapter, Long.MAX_VALUE);
            float[] checkpointed = gradients(model, adapter, smallestBudget(model, adapter));

            assertThat(checkpointed).containsExactly(kept);
        }
    }

    @Test
    void plan_smallestBudget_checkpointsAndKeepsLess() {
        try (Adapter adapter = Adapter.create(base, EVERYWHERE, 1)) {
            MemoryPlan free = plan(base, adapter, Long.MAX_VALUE);
            MemoryPlan tight = plan(base, adapter, smallestBudget(base, adapter));

            assertThat(free.stages()).noneMatch(MemoryPlan.Stage::checkpointed);
            assertThat(tight.stages()).anyMatch(MemoryPlan.Stage::checkpointed);
            assertThat(tight.activations()).isLessThan(free.activations());
            assertThat(tight.kept()).isLessThan(free.kept());
            assertThat(tight.toString()).contains("checkpointed", "activations at the fullest");
        }
    }

    @Test
    void plan_budgetInBetween_checkpointsTheFirstLayersOnly() {
        try (Adapter adapter = Adapter.create(base, EVERYWHERE, 1)) {
            long free = plan(base, adapter, Long.MAX_VALUE).activations();

            MemoryPlan plan = plan(base, adapter, free - 1);

            assertThat(plan.activations()).isLessThan(free);
            assertThat(plan.stages().stream()
                            .filter(MemoryPlan.Stage::checkpointed)
                            .map(MemoryPlan.Stage::path))
                    .containsExactly("bert.encoder.layer.0");
        }
    }

    @Test
    void accumulate_budgetTooSmall_saysWhatWouldFit() {
        try (Adapter adapter = Adapter.create(base, EVERYWHERE, 1)) {
            long smallest = smallestBudget(base, adapter);

            assertThatThrownBy(() -> gradients(base, adapter, smallest - 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("B=3")
                    .hasMessageContaining("even with every layer checkpointed")
                    .hasMessageContaining("batches of 2 fit");
            assertThatThrownBy(() -> gradients(base, adapter, 100))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not even one row fits")
                    .hasMessageContaining("take a larger budget");
        }
    }

    @Test
    void accumulate_budgetBelowOneRow_saysHowManyTokensFit() {
        try (Adapter adapter = Adapter.create(base, EVERYWHERE, 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            long needed = step.plan(Batch.blank(base.task(), 1, 4)).activations();
            step.activationBudget(needed);

            assertThatThrownBy(() -> step.plan(Batch.blank(base.task(), 2, 16)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not even one row fits")
                    .hasMessageMatching(".*one of \\d+ tokens does.*");
        }
    }

    @Test
    void train_budgetTooSmall_failsBeforeAnythingMoves() {
        try (Adapter adapter = Adapter.create(base, LAST_LAYER, 1)) {
            float[] before = adapter.trainable().flat().toFloatArray();

            assertThatThrownBy(() -> new Trainer(base, adapter, options(1), 0)
                            .activationBudget(100)
                            .train(examples(9)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not even one row fits");
            assertThat(adapter.trainable().flat().toFloatArray()).containsExactly(before);
        }
    }

    @Test
    void train_anyRun_announcesItsPlan() {
        List<Long> peaks = new ArrayList<>();
        try (Adapter adapter = Adapter.create(base, LAST_LAYER, 1)) {
            new Trainer(base, adapter, options(2), 0)
                    .listener(new TrainingListener() {
                        @Override
                        public void onPlan(MemoryPlan plan, long peak) {
                            assertThat(plan.kept()).isPositive();
                            assertThat(peak)
                                    .isGreaterThan(
                                            plan.activations() + base.weights().bytes());
                            peaks.add(peak);
                        }
                    })
                    .train(examples(9));
        }
        assertThat(peaks).hasSize(1);
    }

    @Test
    void train_cacheInMemory_givesTheSameBits() throws IOException {
        try (ActivationCache nothingFits = ActivationCache.inMemory(base, 0);
                ActivationCache everything = ActivationCache.inMemory(base, 1 << 24);
                ActivationCache some = ActivationCache.inMemory(base, 4000)) {
            float[] computed = train(nothingFits, 3);

            assertThat(train(everything, 3)).containsExactly(computed);
            assertThat(train(some, 3)).containsExactly(computed);
        }
    }

    @Test
    void train_cacheInFolder_givesTheSameBitsAndIsFoundAgain(@TempDir Path folder) throws IOException {
        float[] computed;
        try (ActivationCache nothingFits = ActivationCache.inMemory(base, 0)) {
            computed = train(nothingFits, 3);
        }
        for (int run = 0; run < 2; run++) {
            try (ActivationCache cache = ActivationCache.inFolder(base, folder, 1 << 24)) {
                assertThat(train(cache, 3)).containsExactly(computed);
            }
            assertThat(entries(folder)).isEqualTo(3);
        }
    }

    @Test
    void train_folderWithALimit_staysBelowItOverRuns(@TempDir Path folder) throws IOException {
        for (int run = 0; run < 3; run++) {
            try (ActivationCache cache = ActivationCache.inFolder(base, folder, 5000)) {
                train(cache, 1);
            }
            assertThat(entries(folder)).isBetween(1L, 2L);
        }
    }

    @Test
    void inFolder_ofAnotherBase_isRefused(@TempDir Path folder) throws IOException {
        try (ActivationCache cache = ActivationCache.inFolder(base, folder, 1 << 24);
                BaseModel half = TinyModels.bert(DType.BFLOAT16)) {
            train(cache, 1);

            assertThatThrownBy(() -> ActivationCache.inFolder(half, folder, 1 << 24))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining("filled for another base model")
                    .hasMessageContaining("name another folder or delete this one");
        }
    }

    @Test
    void train_folderOfOtherData_isRefusedBeforeTraining(@TempDir Path folder) throws IOException {
        try (ActivationCache cache = ActivationCache.inFolder(base, folder, 1 << 24);
                Adapter adapter = Adapter.create(base, LAST_LAYER, 1)) {
            train(cache, 1);
            float[] before = adapter.trainable().flat().toFloatArray();

            assertThatThrownBy(() -> new Trainer(base, adapter, options(1), 0)
                            .cache(cache)
                            .train(examples(8)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("filled for other data");
            assertThat(adapter.trainable().flat().toFloatArray()).containsExactly(before);
        }
    }

    @Test
    void train_memoryCacheOfAnotherBase_isRefused() throws IOException {
        try (BaseModel other = TinyModels.bert(DType.BFLOAT16);
                ActivationCache cache = ActivationCache.inMemory(other, 1 << 24)) {
            assertThatThrownBy(() -> train(cache, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("make one for each");
        }
    }

    /** Trains an adapter of the last layer and returns its parameters. */
    private float[] train(ActivationCache cache, int epochs) {
        try (Adapter adapter = Adapter.create(base, LAST_LAYER, 1)) {
            float[] before = adapter.trainable().flat().toFloatArray();
            new Trainer(base, adapter, options(epochs), 0).cache(cache).train(examples(9));
            float[] after = adapter.trainable().flat().toFloatArray();
            assertThat(after).isNotEqualTo(before);
            return after;
        }
    }

    private static TrainingOptions options(int epochs) {
        return TrainingOptions.builder().epochs(epochs).batchSize(3).seed(2).build();
    }

    private static float[] gradients(BaseModel model, Adapter adapter, long budget) {
        try (TrainingStep step = new TrainingStep(model, adapter, 0, 1).activationBudget(budget)) {
            step.accumulate(List.of(new Batch(examples(3), 0)), 5);
            float[] gradients = step.gradients().flat().toFloatArray();
            assertThat(gradients).isNotEqualTo(new float[gradients.length]);
            return gradients;
        }
    }

    private static MemoryPlan plan(BaseModel model, Adapter adapter, long budget) {
        try (TrainingStep step = new TrainingStep(model, adapter, 0, 1).activationBudget(budget);
                NDManager scratch = model.newManager()) {
            Map<String, NDArray> inputs = new Batch(examples(3), 0).trainingInputs(scratch, model.task(), 3);
            return step.plan(inputs);
        }
    }

    /** Returns the smallest budget that is not refused. */
    private static long smallestBudget(BaseModel model, Adapter adapter) {
        long low = 1;
        long high = plan(model, adapter, Long.MAX_VALUE).activations();
        while (low < high) {
            long middle = (low + high) / 2;
            boolean fits;
            try {
                plan(model, adapter, middle);
                fits = true;
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("checkpointed");
                fits = false;
            }
            low = fits ? low : middle + 1;
            high = fits ? middle : high;
        }
        return low;
    }

    private static List<Example> examples(int count) {
        Random random = new Random(3);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] ids = random.ints(5 + i % 4, 1, 50).toArray();
            examples.add(Example.of(ids, new int[ids.length], i % 3));
        }
        return examples;
    }

    private static long entries(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .count();
        }
    }
}
