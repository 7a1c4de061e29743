package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import org.junit.jupiter.api.Test;

/** How much trains beside the head at the width and depth of BERT-base; words and feed-forwards do not count. */
class PromptCountsTest {

    private static final String CONFIG =
            """
            {"model_type": "bert", "vocab_size": 50, "hidden_size": 768, "num_hidden_layers": 12,
             "num_attention_heads": 12, "intermediate_size": 8, "max_position_embeddings": 40, "pad_token_id": 0}
            """;

    @Test
    void create_atTheShapeOfBertBase_trainsAsMuchAsThePapersSay() {
        try (BaseModel base =
                TinyModels.random(Task.sequenceClassification(TinyModels.LABELS), DType.FLOAT32, CONFIG)) {
            assertThat(rows(base, PromptTuningConfig.builder(10).build())).isEqualTo(7_680);
            assertThat(rows(base, PrefixTuningConfig.of(30))).isEqualTo(552_960);
        }
    }

    private static long rows(BaseModel base, PeftConfig config) {
        try (Adapter adapter = Adapter.create(base, config, 1)) {
            return adapter.trainable().get(PromptFields.ROWS).size();
        }
    }
}
