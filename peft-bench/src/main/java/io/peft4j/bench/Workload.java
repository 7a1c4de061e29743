package io.peft4j.bench;

import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Models and batches of random numbers that all benchmarks share. */
final class Workload {

    private static final int SEED = 1;

    private Workload() {}

    /** Returns a classifier of two classes of a known shape, mapped from a file. */
    static BaseModel model(String shape, DType dtype) {
        try {
            return BaseModel.from(RandomCheckpoint.of(shape, dtype, SEED))
                    .task(Task.sequenceClassification(List.of("0", "1")))
                    .precision(dtype)
                    .load();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns rows without padding. */
    static List<Example> examples(BaseModel base, int rows, int length) {
        return examples(base.config().get("vocab_size").getAsInt(), rows, length, SEED);
    }

    /** Returns rows without padding, of tokens below {@code vocabulary}. */
    static List<Example> examples(int vocabulary, int rows, int length, long seed) {
        Random random = new Random(seed);
        List<Example> examples = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int[] ids = random.ints(length, 10, vocabulary).toArray();
            examples.add(Example.of(ids, new int[length], random.nextInt(2)));
        }
        return examples;
    }

    /** Returns one batch of such rows. */
    static Batch batch(BaseModel base, int rows, int length) {
        return new Batch(examples(base, rows, length), 0);
    }
}
