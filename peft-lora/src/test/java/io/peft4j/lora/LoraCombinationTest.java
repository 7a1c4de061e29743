package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** PEFT's {@code add_weighted_adapter} with weights 0.7 and −0.3, and sums of updates in double precision. */
class LoraCombinationTest {

    private final Path folder = Goldens.folder("hf/bert/combined");
    private BaseModel base;
    private Adapter a;
    private Adapter b;
    private Adapter c;

    @BeforeEach
    void load() throws IOException {
        base = BaseModel.from(folder.resolveSibling("base")).load();
        a = AdapterFolder.open(folder.resolve("A")).load(base);
        b = AdapterFolder.open(folder.resolve("B")).load(base);
        c = AdapterFolder.open(folder.resolve("C")).load(base);
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
        c.close();
        base.close();
    }

    @Test
    void mixed_sum_isWhatPeftCallsLinear() throws IOException {
        assertPeft("linear", of(a, c), combination -> combination.mixed(MergeRule.sum()));
    }

    @Test
    void mixed_ties_isThatOfPeft() throws IOException {
        assertPeft("ties", of(a, c), combination -> combination.mixed(MergeRule.ties(0.6)));
    }

    @Test
    void mixed_magnitudePrune_isThatOfPeft() throws IOException {
        assertPeft("magnitude_prune", of(a, c), combination -> combination.mixed(MergeRule.magnitudePrune(0.6)));
    }

    @Test
    void concatenated_twoAdapters_isThatOfPeft() throws IOException {
        assertPeft("cat", of(a, b), LoraCombination::concatenated);
    }

    @Test
    void compressed_sum_isThatOfPeft() throws IOException {
        assertPeft("svd", of(a, b), combination -> combination.compressed(3).adapter());
    }

    @Test
    void compressed_ties_isThatOfPeft() throws IOException {
        assertPeft("ties_svd", of(a, b), combination -> combination
                .compressed(4, MergeRule.ties(0.6))
                .adapter());
    }

    @Test
    void compressed_magnitudePrune_isThatOfPeft() throws IOException {
        assertPeft("magnitude_prune_svd", of(a, b), combination -> combination
                .compressed(4, MergeRule.magnitudePrune(0.6))
                .adapter());
    }

    @Test
    void concatenated_differentRanksAndScalings_isTheExactSum() {
        try (Adapter sum = of(a, b).concatenated()) {
            assertDeltas(sum, 1e-7);
        }
    }

    @Test
    void compressed_toTheRankOfTheSum_losesNothing() {
        LoraCombination.Compressed compressed = of(a, b).compressed(6);
        try (Adapter adapter = compressed.adapter()) {
            assertDeltas(adapter, 1e-7);
            assertThat(compressed.relativeError()).isLessThan(1e-12);
        }
    }

    @Test
    void compressed_toALowerRank_tellsItsError() {
        LoraCombination.Compressed compressed = of(a, b).compressed(2);
        try (Adapter adapter = compressed.adapter()) {
            double squares = 0;
            double whole = 0;
            Map<String, INDArray> exact = exact();
            for (Map.Entry<String, LoraFactors> layer : LoraFactors.of(adapter).entrySet()) {
                INDArray expected = exact.get(layer.getKey());
                squares += Math.pow(
                        layer.getValue().delta().sub(expected).norm2Number().doubleValue(), 2);
                whole += Math.pow(expected.norm2Number().doubleValue(), 2);
            }
            assertThat(compressed.relativeError()).isGreaterThan(0.1);
            assertThat(Math.sqrt(squares / whole)).isCloseTo(compressed.relativeError(), within(1e-6));
        }
    }

    @Test
    void compressed_byARule_isNearestToWhatTheRuleMakes() {
        try (Adapter through = of(a, b).compressed(6, MergeRule.sum()).adapter()) {
            assertDeltas(through, 1e-7);
        }
    }

    @Test
    void dare_manyDraws_averageToTheSum() {
        double[] tensor = {1, -2, 3};
        double[] mean = new double[3];
        for (int seed = 0; seed < 4000; seed++) {
            double[] drawn = MergeRule.dare(0.5, seed).merge(java.util.List.of(tensor), new double[] {0.5});
            for (int i = 0; i < 3; i++) {
                assertThat(drawn[i]).isIn(0.0, tensor[i]);
                mean[i] += drawn[i] / 4000;
            }
        }
        assertThat(mean).containsExactly(new double[] {0.5, -1, 1.5}, within(0.1));
    }

    @Test
    void subtracted_fromItself_leavesNothing() {
        try (Adapter nothing = LoraCombination.over(base).add(a, 1).add(a, -1).concatenated()) {
            LoraFactors.of(nothing).values().forEach(factors -> assertThat(
                            factors.delta().norm2Number().doubleValue())
                    .isLessThan(1e-6));
        }
    }

    @Test
    void concatenated_savedAndRead_computesTheSame(@TempDir Path saved) throws IOException {
        try (Adapter sum = of(a, b).concatenated();
                NDManager manager = base.newManager()) {
            AdapterFolder.save(sum, base, saved);
            try (Adapter read = AdapterFolder.open(saved).load(base)) {
                assertThat(logits(manager, read)).containsExactly(logits(manager, sum));
            }
        }
    }

    @Test
    void concatenated_pissa_isALoraForTheUnchangedBase() throws IOException {
        try (Adapter pissa =
                AdapterFolder.open(Goldens.folder("hf/bert/pissa/trained")).load(base)) {
            assertThatThrownBy(() -> LoraCombination.over(base).add(pissa, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("classifier");
        }
        LoraConfig config =
                LoraConfig.builder("query").rank(4).init(LoraInit.PISSA).build();
        try (Adapter pissa = Adapter.createWithoutHead(base, config, 1);
                Adapter lora = LoraCombination.over(base).add(pissa, 1).concatenated();
                NDManager manager = base.newManager()) {
            assertThat(((LoraConfig) lora.config()).rank()).isEqualTo(8);
            assertThat(logits(manager, lora)).containsExactly(logits(manager, pissa), within(1e-5f));
        }
    }

    @Test
    void mixed_differentRanks_areRefused() {
        assertThatThrownBy(() -> of(a, b).mixed(MergeRule.sum()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[4, 2]")
                .hasMessageContaining("concatenate or compress");
    }

    @Test
    void add_otherMethod_isRefused() {
        try (Adapter vera = Adapter.createWithoutHead(
                base, VeraConfig.builder("query").rank(4).build(), 1)) {
            assertThatThrownBy(() -> LoraCombination.over(base).add(vera, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("only LoRAs are combined");
        }
    }

    private LoraCombination of(Adapter first, Adapter second) {
        return LoraCombination.over(base).add(first, 0.7).add(second, -0.3);
    }

    /** Returns 0.7·Δa − 0.3·Δb by layer. */
    private Map<String, INDArray> exact() {
        Map<String, INDArray> sums = new TreeMap<>();
        LoraFactors.of(a)
                .forEach((path, factors) -> sums.put(path, factors.delta().mul(0.7)));
        LoraFactors.of(b)
                .forEach((path, factors) -> sums.get(path).subi(factors.delta().mul(0.3)));
        return sums;
    }

    private void assertDeltas(Adapter actual, double tolerance) {
        Map<String, INDArray> exact = exact();
        Map<String, LoraFactors> layers = LoraFactors.of(actual);
        assertThat(layers.keySet()).isEqualTo(exact.keySet());
        layers.forEach((path, factors) -> assertThat(
                        factors.delta().sub(exact.get(path)).norm2Number().doubleValue()
                                / exact.get(path).norm2Number().doubleValue())
                .as(path)
                .isLessThan(tolerance));
    }

    private void assertPeft(String rule, LoraCombination combination, Function<LoraCombination, Adapter> how)
            throws IOException {
        try (Adapter combined = how.apply(combination);
                NDManager manager = base.newManager()) {
            float[] expected = io().tensor(manager, "logits." + rule).toFloatArray();
            assertThat(logits(manager, combined)).containsExactly(expected, within(2e-6f));
        }
    }

    private float[] logits(NDManager manager, Adapter adapter) throws IOException {
        NDArray ids = io().tensor(manager, "input_ids");
        Map<String, NDArray> inputs = Map.of(
                "input_ids", ids,
                "attention_mask", io().tensor(manager, "attention_mask"),
                "token_type_ids", ids.zerosLike());
        return Selection.of(adapter)
                .forward(base, manager, inputs)
                .get("logits")
                .toFloatArray();
    }

    private SafeTensorsFile io() throws IOException {
        return SafeTensorsFile.open(folder.resolve("io.safetensors"));
    }
}
