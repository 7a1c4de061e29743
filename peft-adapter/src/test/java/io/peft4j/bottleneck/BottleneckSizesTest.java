package io.peft4j.bottleneck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Mixture;
import io.peft4j.adapterhub.HubLoraConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.testkit.LoggedLines;
import io.peft4j.testkit.TinyModels;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** New bottlenecks have the size that was asked for, or are refused; those of files are as AdapterHub makes them. */
class BottleneckSizesTest {

    private static BaseModel base;

    @BeforeAll
    static void load() {
        base = TinyModels.random(
                Task.sequenceClassification(TinyModels.LABELS),
                DType.FLOAT32,
                """
                {"model_type": "bert", "vocab_size": 50, "hidden_size": 96, "num_hidden_layers": 12,
                 "num_attention_heads": 3, "intermediate_size": 40, "max_position_embeddings": 40}""");
    }

    @AfterAll
    static void close() {
        base.close();
    }

    @Test
    void create_factorThatLeavesAFraction_isRefusedOnceForAllLayers() {
        BottleneckConfig config =
                BottleneckConfig.pfeiffer().toBuilder().reductionFactor(7).build();
        assertThatThrownBy(() -> Adapter.create(base, config, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reduction_factor 7 does not divide the width 96 in layers 0 to 11: the features of a new "
                        + "bottleneck must be a whole number; use 8 (size 12) or 6 (size 16), or bottleneck_size 13 in its "
                        + "place");
        assertThatThrownBy(() -> Adapter.create(base, Mixture.of(config, HubLoraConfig.lora(2, 2)), 1))
                .hasMessageStartingWith("reduction_factor 7 does not divide");
    }

    @Test
    void create_severalFactors_areRefusedTogetherEachWithItsLayers() {
        BottleneckConfig config = BottleneckConfig.compacter().toBuilder()
                .reductionFactors(Map.of(0, 7.0, 1, 7.0, 2, 7.0, 4, 7.0, 5, 3.0, 9, 32.0), 4)
                .leaveOut(List.of(11))
                .invertible(5)
                .build();
        assertThatThrownBy(() -> Adapter.create(base, config, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "reduction_factor 7 does not divide the width 96 in layers 0 to 2, 4: the features of a new "
                                + "bottleneck must be a whole number; use 8 (size 12) or 6 (size 16); "
                                + "phm_dim 4 must divide the width 96 and the bottleneck size 3 in layer 9: use phm_dim 3, "
                                + "or reduction_factor 24 (size 4); inv_adapter_reduction_factor 5 does not divide half the width 48 "
                                + "in the embeddings: the features of a new bottleneck must be a whole number; use 6 (size 8) or 4 "
                                + "(size 12)");
    }

    @Test
    void create_phmDimThatDividesNeither_isRefusedWithThoseThatDo() {
        BottleneckConfig config = BottleneckConfig.compacter().toBuilder()
                .phm(Phm.OFF.on().with(5, 1))
                .reductionFactor(8)
                .build();
        assertThatThrownBy(() -> Adapter.create(base, config, 1))
                .hasMessage(
                        "phm_dim 5 must divide the width 96 and the bottleneck size 12 in layers 0 to 11: use phm_dim 4 "
                                + "or 6");
        assertThatThrownBy(() -> Adapter.restore(base, "a", config, List.of()))
                .hasMessageStartingWith("phm_dim 5 must divide");
        BottleneckConfig sized = config.toBuilder().phm(Phm.OFF.on()).size(7).build();
        assertThatThrownBy(() -> Adapter.create(base, sized, 1))
                .hasMessageEndingWith("in layers 0 to 11: use phm_dim 1, or bottleneck_size 4");
    }

    @Test
    void create_factorOfTooManyFeatures_isRefused() {
        BottleneckConfig config =
                BottleneckConfig.pfeiffer().toBuilder().reductionFactor(1e-300).build();
        assertThatThrownBy(() -> Adapter.restore(base, "a", config, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("reduction_factor 1.0E-300", "layers 0 to 11", "2147483647");
    }

    @Test
    void restore_factorThatLeavesAFraction_cutsItOffAndSaysSoOnce() {
        BottleneckConfig config =
                BottleneckConfig.houlsby().toBuilder().reductionFactor(7).build();
        try (LoggedLines logged = new LoggedLines();
                Adapter adapter = Adapter.restore(base, "a", config, List.of())) {
            assertThat(adapter.trainable().size()).isEqualTo(2 * 12 * (2 * 96 * 13 + 13 + 96));
            assertThat(logged.lines())
                    .singleElement()
                    .asString()
                    .contains(
                            "INFO", "reduction_factor 7.0 does not divide the width 96 of layers 0 to 11: 13 features");
        }
    }

    @Test
    void pruning_adapterWithAFactorThatLeavesAFraction_keepsItsSize() {
        BottleneckConfig config =
                BottleneckConfig.pfeiffer().toBuilder().reductionFactor(7).build();
        try (Adapter adapter = Adapter.restore(base, "a", config, List.of());
                Adapter pruned = BottleneckPruning.withoutLayers(adapter, base, List.of(3))) {
            assertThat(pruned.trainable().size()).isEqualTo(11 * (2 * 96 * 13 + 13 + 96));
        }
    }

    @Test
    void factor_thatStandsForASize_dividesAllTheSame() {
        for (int size = 1; size <= 1536; size++) {
            assertThat(ReductionFactor.divides(768, ReductionFactor.ofSize(size, 768)))
                    .as("%d", size)
                    .isTrue();
        }
        assertThat(ReductionFactor.divides(768, 7.681)).isFalse();
        assertThat(ReductionFactor.divides(768, 1000)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "768 | 1 | 7    | 8 (size 96) or 6 (size 128)",
                "768 | 1 | 1000 | 768 (size 1)",
                "768 | 1 | 700  | 768 (size 1) or 384 (size 2)",
                "768 | 1 | 0.7  | 1 (size 768) or 0.5 (size 1536)",
                "768 | 4 | 100  | 192 (size 4) or 96 (size 8)",
                "768 | 4 | 500  | 192 (size 4)",
                "24  | 1 | 5    | 6 (size 4) or 4 (size 6)",
            })
    void nearFactor_ofAWidth_givesTheNextWholeSizes(long width, int multiple, double factor, String expected) {
        assertThat(new WholeSizes(width, multiple).nearFactor(factor)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0 | layer 0", "0 1 2 | layers 0 to 2", "0 2 5 6 | layers 0, 2, 5 to 6", "3 4 9 | layers 3 to 4, 9"
            })
    void names_ofLayers_joinRuns(String layers, String expected) {
        assertThat(LayerNames.of(List.of(layers.split(" ")).stream()
                        .map(Integer::valueOf)
                        .toList()))
                .isEqualTo(expected);
    }
}
