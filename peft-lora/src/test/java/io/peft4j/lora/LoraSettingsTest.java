package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Settings that contradict themselves or the model. */
class LoraSettingsTest {

    @Test
    void attach_tokensThatDoNotFit_saysEverything() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            LoraConfig config = LoraConfig.builder("query", "word_embeddings")
                    .tokens(new TrainedTokens(Map.of("word_embeddings", List.of(3, 50, 51), "lm_haed", List.of(1))))
                    .build();
            assertThatThrownBy(() -> Adapter.create(base, config, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("trained tokens must be less than 50")
                    .hasMessageContaining("[50, 51]")
                    .hasMessageContaining("no table or output layer lm_haed")
                    .hasMessageContaining("is adapted and has trained tokens");
        }
        assertThatThrownBy(() -> TrainedTokens.of(4, 4)).hasMessageContaining("repeats: [4, 4]");
        assertThatThrownBy(() -> TrainedTokens.of()).hasMessageContaining("are none");
    }

    /** Llama's projections have no bias that the one of B could go into. */
    @Test
    void merge_biasOfBWithoutABiasToAddItTo_isRefused() {
        BiasedLoraConfig config =
                new BiasedLoraConfig(LoraConfig.builder("q_proj").rank(2).build());
        try (BaseModel base = TinyModels.llama(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, config, 1)) {
            assertThatThrownBy(() -> Merge.of(base, Selection.of(adapter)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("q_proj has no bias");
        }
    }

    @Test
    void attach_whatTheModelCannotServe_saysEverything() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            LoraConfig config = LoraConfig.builder("query", "LayerNorm")
                    .rank(30)
                    .patterns(Map.of("qeury", 4), Map.of())
                    .build();
            assertThatThrownBy(() -> Adapter.create(base, config, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("LayerNorm is no linear layer")
                    .hasMessageContaining("rank 30 exceeds min(in, out) = 24")
                    .hasMessageContaining("pattern qeury matches no adapted module");
        }
    }

    @Test
    void config_settingsThatContradict_areRefused() {
        LoraConfig pissa = LoraConfig.builder("query").init(LoraInit.PISSA).build();
        assertThatThrownBy(() -> new DoraConfig(pissa)).hasMessageContaining("PISSA does not go with DoRA");
        assertThatThrownBy(() -> new LoraFaConfig(pissa)).hasMessageContaining("would freeze a part of the weight");
        assertThatThrownBy(() -> LoraConfig.builder("query")
                        .rank(3)
                        .init(LoraInit.ORTHOGONAL)
                        .build())
                .hasMessageContaining("even ranks");
        assertThatThrownBy(() -> new UpdateDropout(1, 0))
                .hasMessageContaining("dropout of rows must be in [0, 1): 1.0");
        assertThatThrownBy(() -> MergeRule.ties(0)).hasMessageContaining("density must be in (0, 1]: 0.0");
        assertThatThrownBy(() -> LoraRank.auto(0)).hasMessageContaining("must be positive: 0");
    }

    @Test
    void auto_widths_givesTheRuleOfThumb() {
        assertThat(new int[] {511, 512, 2047, 2048}).satisfies(widths -> {
            assertThat(LoraRank.auto(widths[0])).isEqualTo(8);
            assertThat(LoraRank.auto(widths[1])).isEqualTo(64);
            assertThat(LoraRank.auto(widths[2])).isEqualTo(64);
            assertThat(LoraRank.auto(widths[3])).isEqualTo(128);
        });
    }
}
