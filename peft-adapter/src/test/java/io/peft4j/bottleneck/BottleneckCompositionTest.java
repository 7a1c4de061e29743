package io.peft4j.bottleneck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Mixture;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.adapterhub.HubLoraConfig;
import io.peft4j.bitfit.BitFit;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** The laws of composition, for bottlenecks of several kinds and what rescales linears. */
class BottleneckCompositionTest {

    private static final double CLOSE = 2e-5;
    private static final int ROWS = 4;

    private static final List<PeftConfig> CONFIGS = List.of(
            BottleneckConfig.pfeiffer().toBuilder().reductionFactor(4).build(),
            BottleneckConfig.houlsby().toBuilder()
                    .reductionFactor(6)
                    .gating(true)
                    .build(),
            BottleneckConfig.parallel(),
            BottleneckConfig.adapterPlus().toBuilder().reductionFactor(3).build(),
            HubLoraConfig.ia3(),
            BottleneckConfig.pfeiffer().toBuilder()
                    .reductionFactor(12)
                    .invertible(2)
                    .build(),
            new BitFit());

    private static BaseModel base;
    private static NDManager manager;
    private static List<Adapter> adapters;

    @BeforeContainer
    static void load() {
        base = TinyModels.bert(DType.FLOAT32);
        manager = base.newManager();
        adapters = new ArrayList<>();
        for (PeftConfig config : CONFIGS) {
            adapters.add(noisy("a" + adapters.size(), config, adapters.size()));
        }
    }

    @AfterContainer
    static void close() {
        adapters.forEach(Adapter::close);
        manager.close();
        base.close();
    }

    @Provide
    Arbitrary<Selection> selections() {
        Arbitrary<Adapter> any =
                Arbitraries.integers().between(0, CONFIGS.size() - 1).map(i -> adapters.get(i));
        Arbitrary<Selection> single = any.map(Selection::of);
        Arbitrary<Selection> stack = any.list()
                .uniqueElements()
                .ofMinSize(1)
                .ofMaxSize(3)
                .map(list -> Selection.stack(list.toArray(Adapter[]::new)));
        Arbitrary<Selection> average = Arbitraries.integers()
                .between(0, 2)
                .list()
                .uniqueElements()
                .ofMinSize(1)
                .ofMaxSize(3)
                .map(list -> Selection.average(
                        list.stream().map(i -> adapters.get(i)).toArray(Adapter[]::new)));
        Arbitrary<Selection> skipped = single.map(selection -> selection.skipLayers(List.of(0)));
        return Arbitraries.oneOf(single, stack, average, skipped, Arbitraries.just(Selection.none()));
    }

    @Property(tries = 6)
    void perRow_anyMixture_equalsOneByOne(
            @ForAll("selections") Selection first,
            @ForAll("selections") Selection second,
            @ForAll("selections") Selection third) {
        List<Selection> rows = List.of(first, second, third, first);
        float[][] mixed = rows(Selection.perRow(rows));
        for (int row = 0; row < ROWS; row++) {
            assertClose(mixed[row], rows(rows.get(row))[row]);
        }
    }

    @Property(tries = 4)
    void parallel_anyParts_equalsSeparatePasses(
            @ForAll("selections") Selection first, @ForAll("selections") Selection second) {
        List<Map<String, NDArray>> results = Selection.parallel(first, second).forwardEach(base, manager, inputs());
        assertClose(floats(results.get(0)), flat(first));
        assertClose(floats(results.get(1)), flat(second));
    }

    @Property(tries = 6)
    void stackAndAverage_ofOne_areThatOne(@ForAll("selections") Selection selection) {
        assertThat(flat(Selection.stack(selection))).containsExactly(flat(selection));
        if (!selection.toString().contains("a5")) {
            assertThat(flat(Selection.average(selection))).containsExactly(flat(selection));
        }
    }

    @net.jqwik.api.Example
    void skip_everyLayer_isTheBaseModel() {
        BottleneckConfig far =
                BottleneckConfig.pfeiffer().toBuilder().reductionFactor(2).build();
        try (Adapter adapter = Adapter.createWithoutHead(base, "far", far, 1)) {
            Selection all = Selection.of(adapter);
            assertThat(flat(all.skipLayers(List.of(0, 1)))).containsExactly(flat(Selection.none()));
            assertThat(distance(flat(all.skipLayers(List.of(0))), flat(all))).isGreaterThan(1e-4);
            assertThat(all.skipLayers(List.of(1, 0))).hasToString("skip([0, 1], far)");
        }
    }

    @net.jqwik.api.Example
    void stack_ofIdentities_isTheIdentity() {
        BottleneckConfig identity = BottleneckConfig.sequential(8);
        try (Adapter first = Adapter.createWithoutHead(base, "first", identity, 1);
                Adapter second = Adapter.createWithoutHead(base, "second", BottleneckConfig.parallel(4), 2);
                Adapter third = Adapter.createWithoutHead(base, "third", HubLoraConfig.ia3(), 3)) {
            assertClose(flat(Selection.stack(first, second, third)), flat(Selection.none()));
            assertClose(flat(Selection.average(first, second)), flat(Selection.none()));
        }
    }

    /** Applied one after another, which is not the other way round, nor the sum of what both do alone. */
    @net.jqwik.api.Example
    void stack_ofBottlenecks_isInOrder() {
        float[] there = flat(Selection.stack(adapters.get(0), adapters.get(1)));
        float[] back = flat(Selection.stack(adapters.get(1), adapters.get(0)));
        assertThat(distance(there, back)).isGreaterThan(1e-3);
    }

    @net.jqwik.api.Example
    void average_ofInvertibleAdapters_isRefusedWithItsReason() {
        assertThatThrownBy(() -> Selection.average(adapters.get(0), adapters.get(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("a5 cannot be averaged", "INPUT_EMBEDDINGS");
    }

    @net.jqwik.api.Example
    void average_withAndWithoutTheModelsNorm_isRefusedWithItsReason() {
        Selection average = Selection.average(adapters.get(0), adapters.get(3));
        assertThatThrownBy(() -> flat(average))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the model's own norm");
    }

    @net.jqwik.api.Example
    void mixture_ofBottleneckAndLora_trainsBothAndIsReadBack() throws java.io.IOException {
        Mixture config = Mixture.of(BottleneckConfig.parallel(), HubLoraConfig.lora(2, 4));
        java.nio.file.Path folder = java.nio.file.Files.createTempDirectory("mixture");
        try (Adapter adapter = noisy("both", config, 5)) {
            Map<String, float[]> before = values(adapter);
            try (TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
                step.accumulate(List.of(new Batch(examples(), 0)), 1);
                step.update(1e-2);
            }
            values(adapter).forEach((name, after) -> assertThat(after).as(name).isNotEqualTo(before.get(name)));
            io.peft4j.adapter.AdapterFolder.save(adapter, base, folder);
            try (Adapter loaded = io.peft4j.adapter.AdapterFolder.open(folder).load(base)) {
                assertThat(flat(Selection.of(loaded))).containsExactly(flat(Selection.of(adapter)));
                assertThat(loaded.config()).isEqualTo(config);
            }
        }
    }

    @net.jqwik.api.Example
    void dropLayers_inTraining_movesLowerLayersInSomeStepsOnly() {
        try (Adapter adapter = Adapter.createWithoutHead(base, "d", BottleneckConfig.parallel(4), 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1).dropLayers(1)) {
            int moved = 0;
            for (int seed = 0; seed < 12; seed++) {
                step.accumulate(List.of(new Batch(examples(), 0)), seed);
                String name = "bert.encoder.layer.0.output.adapters.adapter_up.weight";
                boolean touched = false;
                for (float value : step.gradients().get(name).toFloatArray()) {
                    touched |= value != 0;
                }
                moved += touched ? 1 : 0;
                NativeTensors.fill(step.gradients().flat(), 0);
            }
            assertThat(moved).isBetween(1, 11);
            assertThatThrownBy(() -> step.dropLayers(2)).hasMessageContaining("0 to 1");
        }
    }

    private static Adapter noisy(String name, PeftConfig config, long seed) {
        Adapter adapter = Adapter.create(base, name, config, seed);
        Random random = new Random(seed);
        float[] values = adapter.trainable().flat().toFloatArray();
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.1 * random.nextGaussian());
        }
        NativeTensors.copy(adapter.trainable().flat(), manager.create(values));
        return adapter;
    }

    private static Map<String, float[]> values(Adapter adapter) {
        Map<String, float[]> values = new LinkedHashMap<>();
        adapter.trainable()
                .names()
                .forEach(name -> values.put(name, adapter.parameter(name).toFloatArray()));
        return values;
    }

    private static List<Example> examples() {
        Random random = new Random(3);
        List<Example> examples = new ArrayList<>();
        for (int length : new int[] {9, 5, 7, 4}) {
            examples.add(Example.of(random.ints(length, 1, 50).toArray(), new int[length], examples.size() % 3));
        }
        return examples;
    }

    private static Map<String, NDArray> inputs() {
        return new Batch(examples(), 0).inputs(manager);
    }

    private static float[][] rows(Selection selection) {
        float[] flat = flat(selection);
        float[][] rows = new float[ROWS][3];
        for (int row = 0; row < ROWS; row++) {
            System.arraycopy(flat, 3 * row, rows[row], 0, 3);
        }
        return rows;
    }

    private static float[] flat(Selection selection) {
        return floats(selection.forward(base, manager, inputs()));
    }

    private static float[] floats(Map<String, NDArray> outputs) {
        return NativeTensors.toFloats(Objects.requireNonNull(outputs.get("logits")));
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
