package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.MemoryPlan;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.program.ProcessMemory;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a step was planned to take, beside what the process grew by. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class LoraMemoryPlanTest {

    private static final int ROWS = 16;
    private static final int LENGTH = 128;

    @ParameterizedTest
    @ValueSource(doubles = {1, 0.5})
    void accumulate_settledStep_growsByWhatWasPlanned(double share) throws IOException {
        var config = JsonParser.parseString(
                        """
                        {"model_type": "bert", "vocab_size": 1000, "hidden_size": 384, "num_hidden_layers": 6,
                         "num_attention_heads": 6, "intermediate_size": 1536}""")
                .getAsJsonObject();
        try (BaseModel base = BaseModel.random(config)
                        .task(Task.sequenceClassification(List.of("a", "b")))
                        .precision(DType.FLOAT32)
                        .load();
                Adapter adapter = Adapter.create(
                        base, LoraConfig.builder("query", "value").build(), 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            List<Batch> batches = List.of(new Batch(examples(), 0));
            step.activationBudget(
                    (long) (share * plan(base, step, batches.get(0)).activations()));
            step.accumulate(batches, 1);
            step.update(1e-3);
            long planned = plan(base, step, batches.get(0)).activations();
            ProcessMemory.resetPeak();
            long before = ProcessMemory.resident();

            step.accumulate(batches, 2);

            assertThat((double) (ProcessMemory.peak() - before) / planned).isBetween(0.6, 1.5);
        }
    }

    private static MemoryPlan plan(BaseModel base, TrainingStep step, Batch batch) {
        try (NDManager scratch = base.newManager()) {
            return step.plan(batch.trainingInputs(scratch, base.task(), ROWS));
        }
    }

    private static List<Example> examples() {
        Random random = new Random(3);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            examples.add(Example.of(random.ints(LENGTH, 1, 1000).toArray(), new int[LENGTH], i % 2));
        }
        return examples;
    }
}
