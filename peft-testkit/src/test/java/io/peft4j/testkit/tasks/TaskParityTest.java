package io.peft4j.testkit.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.Selection;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.parity.ParityReport;
import io.peft4j.parity.ParityRun;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The losses of Hugging Face's tasks and the gradients of every weight, where all of a model trains. */
class TaskParityTest {

    private static final ParityRun.Steps STEPS = new ParityRun.Steps(3, 1e-2, 0.1, 1);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tasks/bert_multi",
                "tasks/bert_number",
                "tasks/bert_numbers",
                "tasks/t5_tags",
                "tasks/t5_full",
                "tasks/t5_texts"
            })
    void run_fullFineTuningOfTransformers_givesItsNumbers(String name) throws IOException {
        Path folder = Goldens.folder(name);
        try (BaseModel base = BaseModel.from(folder.resolve("base")).load();
                Adapter adapter = Adapter.create(base, new FullFineTuning(), 0)) {
            ParityReport report = ParityRun.run(
                    base, Optional.of(adapter), folder.resolve("io.safetensors"), STEPS, 1e-5, Optional.empty());

            assertThat(report.passes()).as(report.toString()).isTrue();
            assertThat(report.quantities()).hasSizeGreaterThan(20);
        }
    }

    @Test
    void accumulate_pairs_givesTheLossAndGradientsOfRankingPartners() throws IOException {
        Path folder = Goldens.folder("tasks/bert_pairs");
        SafeTensorsFile expected = SafeTensorsFile.open(folder.resolve("io.safetensors"));
        try (BaseModel base = BaseModel.from(folder.resolve("base"))
                        .task(Task.featureExtraction())
                        .load();
                Adapter adapter = Adapter.create(base, new FullFineTuning(), 0);
                TrainingStep step = new TrainingStep(base, adapter, STEPS.weightDecay(), STEPS.clipNorm());
                NDManager manager = base.newManager()) {
            Batch batch = new Batch(pairs(expected, manager), 0);

            double loss = step.accumulate(List.of(batch), 0);

            assertThat(loss).isCloseTo(expected.tensor(manager, "loss").getFloat(), within(1e-5));
            for (String weight : adapter.trainable().names()) {
                if (!weight.endsWith("key.bias")) { // Softmax does not see it; its gradient is rounding alone.
                    NDArray gradient = expected.tensor(manager, "grad.base_model.model." + weight);
                    assertClose(step.gradients().get(weight), gradient, 1e-5, weight);
                }
            }
            for (int i = 0; i < STEPS.steps(); i++) {
                if (i > 0) {
                    step.accumulate(List.of(batch), i);
                }
                step.update(STEPS.learningRate());
            }
            assertThat(step.accumulate(List.of(batch), 0))
                    .isCloseTo(expected.tensor(manager, "loss_after3").getFloat(), within(1e-4));
        }
    }

    /** The ways of sentence-transformers. */
    @ParameterizedTest
    @CsvSource({
        "FIRST, cls",
        "MAX, max",
        "MEAN, mean",
        "MEAN_SQRT_LENGTH, mean_sqrt_len_tokens",
        "WEIGHTED_MEAN, weightedmean",
        "LAST, lasttoken"
    })
    void forward_pooling_isThatOfSentenceTransformers(Task.Pooling pooling, String mode) throws IOException {
        Path folder = Goldens.folder("tasks/bert_pairs");
        SafeTensorsFile expected = SafeTensorsFile.open(folder.resolve("pooling.safetensors"));
        try (BaseModel base = BaseModel.from(folder.resolve("base"))
                        .task(Task.featureExtraction().withPooling(pooling))
                        .load();
                Adapter adapter = Adapter.create(base, new FullFineTuning(), 0);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1);
                NDManager manager = base.newManager()) {
            Batch batch = new Batch(texts(expected, manager), 0);
            Map<String, NDArray> results = Selection.none().forward(base, manager, batch.inputs(manager));

            assertClose(results.get("pooled"), expected.tensor(manager, "pooled." + mode), 1e-5, mode);
            double before = step.accumulate(List.of(new Batch(pairs(expected, manager), 0)), 0);
            step.update(1e-3);
            assertThat(step.accumulate(List.of(new Batch(pairs(expected, manager), 0)), 0))
                    .isLessThan(before);
        }
    }

    private static List<Example> pairs(SafeTensorsFile file, NDManager manager) throws IOException {
        List<Example> rows = texts(file, manager);
        return List.of(
                Example.ofPair(rows.get(0), rows.get(1)),
                Example.ofPair(rows.get(2), rows.get(3)),
                Example.ofPair(rows.get(4), rows.get(5)));
    }

    private static List<Example> texts(SafeTensorsFile file, NDManager manager) throws IOException {
        long[] ids = file.tensor(manager, "input_ids").toLongArray();
        long[] mask = file.tensor(manager, "attention_mask").toLongArray();
        int columns = ids.length / 6;
        List<Example> rows = new ArrayList<>();
        for (int row = 0; row < 6; row++) {
            int length = (int)
                    Arrays.stream(mask, row * columns, (row + 1) * columns).sum();
            int[] text = Arrays.stream(ids, row * columns, row * columns + length)
                    .mapToInt(Math::toIntExact)
                    .toArray();
            rows.add(Example.of(text, new int[length], Example.IGNORED));
        }
        return rows;
    }

    private static void assertClose(NDArray actual, NDArray expected, double tolerance, String name) {
        float[] a = NativeTensors.toFloats(actual);
        float[] b = NativeTensors.toFloats(expected);
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < b.length; i++) {
            largest = Math.max(largest, Math.abs(b[i]));
            difference = Math.max(difference, Math.abs(a[i] - b[i]));
        }
        assertThat(difference).as(name).isLessThanOrEqualTo(tolerance * Math.max(largest, 1e-3));
    }

    private static org.assertj.core.data.Offset<Double> within(double value) {
        return org.assertj.core.data.Offset.offset(value);
    }
}
