package io.peft4j.testkit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.train.Batch;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import io.peft4j.train.TrainingStep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A small model, an adapter of one method far from the identity, and three texts to train and ask them with. */
abstract class MethodFixture {

    /** The model, loaded anew for each test. */
    BaseModel base;

    /** Returns settings of the method that fit {@link TinyModels}. */
    protected abstract PeftConfig config();

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    /** Returns an adapter that is far from the identity. */
    Adapter noisy(BaseModel model, long seed) {
        Adapter adapter = Adapter.create(model, config(), seed);
        Random random = new Random(seed);
        try (NDManager scratch = model.newManager()) {
            float[] values = values(adapter);
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.1 * random.nextGaussian());
            }
            NativeTensors.copy(adapter.trainable().flat(), scratch.create(values));
        }
        return adapter;
    }

    static void train(TrainingStep step, int steps) {
        for (int i = 0; i < steps; i++) {
            step.accumulate(List.of(new Batch(examples(), 0)), i);
            step.update(1e-2);
        }
    }

    static List<Example> examples() {
        Random random = new Random(3);
        List<Example> examples = new ArrayList<>();
        for (int length : new int[] {9, 5, 7}) {
            int[] ids = random.ints(length, 1, 50).toArray();
            examples.add(Example.of(ids, new int[length], examples.size()));
        }
        return examples;
    }

    static float[] logits(BaseModel model, Selection selection) {
        float[][] rows = new Inference(model, new BatchSampler(8, 0)).rows(selection, examples(), "logits");
        float[] flat = new float[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * rows[0].length, rows[0].length);
        }
        return flat;
    }

    static float[] values(Adapter adapter) {
        return adapter.trainable().flat().toFloatArray();
    }

    static Map<String, float[]> parameters(Adapter adapter) {
        Map<String, float[]> values = new LinkedHashMap<>();
        adapter.trainable()
                .names()
                .forEach(name -> values.put(name, adapter.parameter(name).toFloatArray()));
        return values;
    }

    Map<String, float[]> weights() {
        Map<String, float[]> values = new LinkedHashMap<>();
        for (String name : base.weights().names()) {
            NDArray weight = base.weights().get(name);
            values.put(name, weight.toFloatArray());
        }
        return values;
    }

    static double distance(float[] a, float[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }
}
