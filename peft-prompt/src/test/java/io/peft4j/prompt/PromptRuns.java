package io.peft4j.prompt;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

/** Short runs of small models. */
final class PromptRuns {

    private PromptRuns() {}

    /** Returns a text of some length. */
    static Example text(int length, long seed) {
        int[] ids = new Random(seed).ints(length, 1, 50).toArray();
        return Example.of(ids, new int[length], (int) (seed % 3));
    }

    /** Returns the logits of a batch, row by row. */
    static float[] logits(BaseModel base, Selection selection, List<Example> examples) {
        try (NDManager scratch = base.newManager()) {
            return NativeTensors.toFloats(Objects.requireNonNull(selection
                    .forward(base, scratch, new Batch(examples, 0).inputs(scratch))
                    .get("logits")));
        }
    }

    /** Trains for some steps. */
    static void train(BaseModel base, Adapter adapter, int steps) {
        try (TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            for (int i = 0; i < steps; i++) {
                step.accumulate(
                        List.of(new Batch(
                                IntStream.range(0, 3)
                                        .mapToObj(n -> text(5 + n, n).ofTask(n % 2))
                                        .toList(),
                                0)),
                        i);
                step.update(1e-2);
            }
        }
    }

    /** Returns an adapter that was trained for two steps. */
    static Adapter trained(BaseModel base, PeftConfig config, long seed) {
        Adapter adapter = Adapter.create(base, config, seed);
        train(base, adapter, 2);
        return adapter;
    }
}
