package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.NativeMemory;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import io.peft4j.train.TrainingStep;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Resident memory outside the Java heap over many steps and calls; what it is goes to stdout. */
@Tag("slow")
class FlatMemoryTest {

    private static final int WARMUP = 200;
    private static final int SAMPLES = 5;
    private static final long ALLOWED = 32L << 20;

    @Test
    void train_2000Steps_leaveMemoryFlat() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = lora(base);
                TrainingStep step = new TrainingStep(base, adapter, 0.01, 1)) {
            Random random = new Random(1);
            assertFlat("training step", 2000, i -> {
                step.accumulate(List.of(new Batch(examples(random), 0)), i);
                step.update(1e-3);
            });
        }
    }

    @Test
    void infer_5000Calls_leaveMemoryFlat() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = lora(base)) {
            Inference inference = new Inference(base, new BatchSampler(8, 0));
            Random random = new Random(1);
            assertFlat("inference call", 5000, i -> inference.rows(Selection.of(adapter), examples(random), "logits"));
        }
    }

    @Test
    void adapt_400Adapters_leaveMemoryFlat() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            assertFlat("adapter made and closed", 400, i -> lora(base).close());
        }
    }

    private static Adapter lora(BaseModel base) {
        return Adapter.create(
                base, LoraConfig.builder("query", "value").rank(4).alpha(8).build(), 1);
    }

    private static void assertFlat(String what, int times, IntConsumer work) {
        for (int i = 0; i < WARMUP; i++) {
            work.accept(i);
        }
        long before = NativeMemory.residentBytes();
        System.out.printf("%s %d: %d MB%n", what, WARMUP, before >> 20);
        List<Long> after = new ArrayList<>();
        for (int i = 1; i <= times; i++) {
            work.accept(i);
            if (i % (times / SAMPLES) == 0) {
                after.add(NativeMemory.residentBytes());
                System.out.printf("%s %d: %d MB%n", what, WARMUP + i, after.get(after.size() - 1) >> 20);
            }
        }
        // Single samples are off by what the collector has not yet given back.
        Collections.sort(after);
        assertThat(after.get(SAMPLES / 2) - before).isLessThan(ALLOWED);
    }

    /** Rows of other lengths each time, as real batches are. */
    private static List<Example> examples(Random random) {
        List<Example> examples = new ArrayList<>();
        for (int row = 0; row < 4; row++) {
            int length = 3 + random.nextInt(25);
            examples.add(Example.of(random.ints(length, 1, 50).toArray(), new int[length], row % 3));
        }
        return examples;
    }
}
