package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.TinyModels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PromptTuningTest {

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    @Test
    void build_noVirtualTokens_isRefused() {
        assertThatThrownBy(() -> PromptTuningConfig.builder(0).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be positive: 0");
    }

    @Test
    void create_promptAsLongAsThePositions_isRefusedWithTheLongestThatFits() {
        assertThatThrownBy(() ->
                        Adapter.create(base, PromptTuningConfig.builder(38).build(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("38 virtual tokens")
                .hasMessageContaining("40 positions; use at most 37");
        Adapter.create(base, PromptTuningConfig.builder(37).build(), 1).close();
    }

    /** Weights of a file are parts of one mapping. */
    @Test
    void create_vocabularyOfAFile_startsFromItsRows() throws IOException {
        try (BaseModel loaded = BaseModel.from(Goldens.folder("hf/bert/base")).load();
                Adapter adapter =
                        Adapter.create(loaded, PromptTuningConfig.builder(5).build(), 1)) {
            NDArray table = loaded.weights().get("bert.embeddings.word_embeddings.weight");
            List<List<Float>> words = new ArrayList<>();
            for (int row = 0; row < table.getShape().get(0); row++) {
                words.add(values(table.get(row)));
            }
            NDArray rows = adapter.parameter(PromptFields.ROWS);
            for (int row = 0; row < 5; row++) {
                assertThat(words).contains(values(rows.get(row)));
            }
        }
    }

    @Test
    void create_fromText_repeatsTheEmbeddingsOfItsTokens() {
        PromptInit init = new PromptInit.Text("sort this", "", List.of()).tokens(List.of(7, 3));
        try (Adapter adapter =
                Adapter.create(base, PromptTuningConfig.builder(3).init(init).build(), 1)) {
            float[] rows = adapter.parameter(PromptFields.ROWS).toFloatArray();
            for (int row = 0; row < 3; row++) {
                float[] word = base.weights()
                        .get("bert.embeddings.word_embeddings.weight")
                        .get(row == 1 ? 3 : 7)
                        .toFloatArray();
                assertThat(java.util.Arrays.copyOfRange(rows, row * 24, (row + 1) * 24))
                        .containsExactly(word);
            }
        }
    }

    @Test
    void create_fromTextWithoutTokens_isRefused() {
        PromptInit.Text init = new PromptInit.Text("\u200b", "", List.of());
        assertThatThrownBy(() -> init.tokens(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no tokens")
                .hasMessageContaining("another text");
        assertThatThrownBy(() -> Adapter.create(
                        base, PromptTuningConfig.builder(3).init(init).build(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("was not tokenised");
    }

    @Test
    void create_fromTokensThatTheModelHasNot_isRefused() {
        PromptInit init = new PromptInit.Text("other", "", List.of(50));
        assertThatThrownBy(() -> Adapter.create(
                        base, PromptTuningConfig.builder(3).init(init).build(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("token 50")
                .hasMessageContaining("the 50 of the model");
    }

    private static List<Float> values(NDArray x) {
        List<Float> values = new ArrayList<>();
        for (float value : x.toFloatArray()) {
            values.add(value);
        }
        return values;
    }
}
