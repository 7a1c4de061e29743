package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.Mixture;
import io.peft4j.adapter.Place;
import io.peft4j.adapter.Selection;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several adapters in one computation, shown with LoRA. */
class CompositionTest {

    private static final double CLOSE = 2e-5;

    private BaseModel base;
    private NDManager manager;
    private Adapter a;
    private Adapter b;
    private Adapter c;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
        manager = base.newManager();
        a = noisy("a", LoraConfig.builder("query", "value").rank(4).alpha(8).build());
        b = noisy("b", LoraConfig.builder("query", "value").rank(4).alpha(8).build());
        c = noisy("c", LoraConfig.builder("key", "output.dense").rank(2).build());
    }

    @AfterEach
    void close() {
        List.of(a, b, c).forEach(Adapter::close);
        manager.close();
        base.close();
    }

    @Test
    void forward_mixedBatchOfPeft_givesItsNumbers() throws IOException {
        Path folder = Goldens.folder("hf/bert/mixed");
        try (BaseModel model = BaseModel.from(folder.resolveSibling("base")).load();
                Adapter first = AdapterFolder.open(folder.resolve("A")).load(model);
                Adapter second = AdapterFolder.open(folder.resolve("B")).load(model);
                NDManager scratch = model.newManager()) {
            SafeTensorsFile file = SafeTensorsFile.open(folder.resolve("io.safetensors"));
            Map<String, NDArray> inputs =
                    inputs(file.tensor(scratch, "input_ids"), file.tensor(scratch, "attention_mask"));

            Selection mixed = Selection.perRow(Selection.of(first), Selection.of(second), Selection.none());

            assertClose(logits(mixed, model, inputs), floats(file.tensor(scratch, "mixed_logits")));
        }
    }

    @Test
    void perRow_anyMixture_equalsOneByOne() {
        Selection[] choices = {
            Selection.of(a),
            Selection.none(),
            Selection.of(b),
            Selection.stack(a, c),
            Selection.average(a, b),
            Selection.of(c)
        };
        Random random = new Random(5);
        for (int trial = 0; trial < 4; trial++) {
            List<Selection> rows = new ArrayList<>();
            for (int row = 0; row < 4; row++) {
                rows.add(choices[random.nextInt(choices.length)]);
            }
            float[][] mixed = rows(Selection.perRow(rows));
            for (int row = 0; row < 4; row++) {
                assertClose(mixed[row], rows(rows.get(row))[row]);
            }
        }
    }

    @Test
    void batchSplit_twoParts_equalsTheirRows() {
        float[][] split = rows(Selection.batchSplit(List.of(3, 1), Selection.of(a), Selection.of(b)));
        assertClose(split[2], rows(Selection.of(a))[2]);
        assertClose(split[3], rows(Selection.of(b))[3]);
        assertThat(distance(split[2], rows(Selection.of(b))[2])).isGreaterThan(1e-3);
    }

    @Test
    void parallel_threeParts_equalsSeparatePasses() {
        Selection parallel = Selection.parallel(Selection.of(a), Selection.none(), Selection.stack(b, c));
        List<Map<String, NDArray>> results = parallel.forwardEach(base, manager, inputs());
        assertThat(results).hasSize(3);
        List<Selection> parts = List.of(Selection.of(a), Selection.none(), Selection.stack(b, c));
        for (int i = 0; i < 3; i++) {
            assertClose(floats(results.get(i).get("logits")), flat(parts.get(i)));
        }
        assertThatThrownBy(() -> parallel.forward(base, manager, inputs()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("3 results");
    }

    @Test
    void stack_ofParallel_isParallelOfStacks() {
        Selection nested = Selection.stack(Selection.of(c), Selection.parallel(a, b));
        List<Map<String, NDArray>> results = nested.forwardEach(base, manager, inputs());
        assertClose(floats(results.get(1).get("logits")), flat(Selection.stack(c, b)));
        assertThat(nested).hasToString("stack(c, parallel(a, b))");
    }

    /** With equal heads, the sum of two updates is what merging both gives. */
    @Test
    void stack_twoUpdates_isTheirSum() {
        float[] stacked = flat(Selection.stack(a, b));
        try (Merge merge = Merge.of(base, Selection.stack(a, b))) {
            assertClose(
                    floats(Selection.none()
                            .forward(merge.model(), manager, inputs())
                            .get("logits")),
                    stacked);
        }
        assertThat(distance(stacked, flat(Selection.of(b)))).isGreaterThan(1e-3);
        assertThat(distance(stacked, flat(Selection.of(a)))).isGreaterThan(1e-3);
    }

    @Test
    void merge_whatIsMergedAlready_isRefused() {
        try (Merge first = Merge.of(base, Selection.of(a));
                Merge both = Merge.of(first.model(), Selection.of(b));
                Merge another = Merge.of(base, Selection.of(a))) {
            assertClose(
                    floats(Selection.none()
                            .forward(another.model(), manager, inputs())
                            .get("logits")),
                    flat(Selection.of(a)));
            assertThatThrownBy(() -> Merge.of(both.model(), Selection.stack(b, a)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[b, a] is merged into")
                    .hasMessageContaining("would count twice");
        }
    }

    @Test
    void average_weighted_isWhatMergingItGives() {
        Selection average = Selection.average(List.of(3.0, 1.0), Selection.of(a), Selection.of(b));
        try (Merge merge = Merge.of(base, average)) {
            assertClose(
                    floats(Selection.none()
                            .forward(merge.model(), manager, inputs())
                            .get("logits")),
                    flat(average));
        }
        assertThat(distance(flat(average), flat(Selection.average(a, b)))).isGreaterThan(1e-3);
        assertThat(flat(Selection.average(a))).containsExactly(flat(Selection.of(a)));
    }

    @Test
    void training_oneOfAStack_movesThatOneAlone() {
        float[] before = a.trainable().flat().toFloatArray();
        float[] frozen = c.trainable().flat().toFloatArray();
        try (TrainingStep step = new TrainingStep(base, Selection.stack(c, a), a, 0, 1)) {
            step.accumulate(List.of(new Batch(examples(), 0)), 1);
            step.update(1e-2);
        }
        assertThat(a.trainable().flat().toFloatArray()).isNotEqualTo(before);
        assertThat(c.trainable().flat().toFloatArray()).containsExactly(frozen);
        assertThatThrownBy(() -> new TrainingStep(base, Selection.stack(c, a), b, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("stack(c, a)");
        assertThatThrownBy(() -> new TrainingStep(base, Selection.parallel(c, a), a, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void selection_whatDoesNotGoTogether_isRefusedWithItsReason() {
        assertThatThrownBy(() -> Selection.stack(a, b, a)).hasMessageContaining("[a] repeats");
        assertThatThrownBy(() -> Selection.stack(Selection.of(a), Selection.average(b, a)))
                .hasMessageContaining("[a] repeats");
        assertThatThrownBy(() -> Selection.fuse(a, b)).hasMessageContaining("a is no fusion");
        assertThatThrownBy(() -> Selection.average(List.of(1.0, -1.0), Selection.of(a), Selection.of(b)))
                .hasMessageContaining("sum other than 0");
        assertThatThrownBy(() -> Selection.average(List.of(1.0), Selection.of(a), Selection.of(b)))
                .hasMessageContaining("a weight for each of its 2 parts");
        assertThatThrownBy(() -> rows(Selection.batchSplit(List.of(1, 2), Selection.of(a), Selection.of(b))))
                .hasMessageContaining("is for 3 rows, and the batch has 4");
        assertThatThrownBy(() -> rows(Selection.perRow(
                        Selection.parallel(a, b), Selection.none(), Selection.none(), Selection.none())))
                .hasMessageContaining("gives several results");
        assertThatThrownBy(() -> Selection.parallel(a, b).adaptation())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("parallel(a, b)");
    }

    @Test
    void selection_ofEqualParts_isEqual() {
        assertThat(Selection.stack(a, b)).isEqualTo(Selection.stack(a, b)).hasSameHashCodeAs(Selection.stack(a, b));
        assertThat(Selection.stack(a, b)).isNotEqualTo(Selection.stack(b, a));
        assertThat(Selection.perRow(Selection.of(a), Selection.none())).hasToString("perRow(a, none)");
        assertThat(Selection.batchSplit(List.of(2, 1), Selection.of(a), Selection.of(b)))
                .hasToString("batchSplit(a, b, sizes [2, 1])");
    }

    @Test
    void places_ofLoraWithAHead_areLinearAndItsWeight() {
        assertThat(a.places()).containsExactlyInAnyOrder(Place.LINEAR, Place.WEIGHT_OF_LINEAR);
    }

    @Test
    void mixture_ofTheSameMethodTwice_isRefused() {
        assertThatThrownBy(() -> Mixture.of(a.config(), c.config()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("different methods");
        assertThatThrownBy(() -> Mixture.of(new LinearProbe())).isInstanceOf(IllegalArgumentException.class);
    }

    private Adapter noisy(String name, LoraConfig config) {
        Adapter adapter = Adapter.create(base, name, config, name.hashCode());
        Random random = new Random(name.hashCode());
        float[] values = adapter.trainable().flat().toFloatArray();
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.2 * random.nextGaussian());
        }
        NativeTensors.copy(adapter.trainable().flat(), manager.create(values));
        return adapter;
    }

    private static List<Example> examples() {
        Random random = new Random(3);
        List<Example> examples = new ArrayList<>();
        for (int length : new int[] {9, 5, 7, 4}) {
            examples.add(Example.of(random.ints(length, 1, 50).toArray(), new int[length], examples.size() % 3));
        }
        return examples;
    }

    private Map<String, NDArray> inputs() {
        return new Batch(examples(), 0).inputs(manager);
    }

    private static Map<String, NDArray> inputs(NDArray ids, NDArray mask) {
        Map<String, NDArray> inputs = new java.util.LinkedHashMap<>();
        inputs.put("input_ids", ids);
        inputs.put("attention_mask", mask);
        inputs.put("token_type_ids", ids.zerosLike());
        return inputs;
    }

    private float[][] rows(Selection selection) {
        float[] flat = flat(selection);
        float[][] rows = new float[4][3];
        for (int row = 0; row < 4; row++) {
            System.arraycopy(flat, 3 * row, rows[row], 0, 3);
        }
        return rows;
    }

    private float[] flat(Selection selection) {
        return logits(selection, base, inputs());
    }

    private float[] logits(Selection selection, BaseModel model, Map<String, NDArray> inputs) {
        return floats(selection.forward(model, manager, inputs).get("logits"));
    }

    private static float[] floats(NDArray array) {
        return NativeTensors.toFloats(java.util.Objects.requireNonNull(array));
    }

    private static double distance(float[] x, float[] y) {
        double largest = 0;
        for (int i = 0; i < x.length; i++) {
            largest = Math.max(largest, Math.abs(x[i] - y[i]));
        }
        return largest;
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        assertThat(distance(actual, expected)).isLessThan(CLOSE);
    }
}
