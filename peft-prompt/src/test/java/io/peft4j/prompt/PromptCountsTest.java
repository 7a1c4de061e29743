package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    /** 24 KB at the width of T5-3B: 24,576 bytes are 6 rows in FLOAT32, and 12 in half precision. */
    @Test
    void save_atTheWidthOfT53B_takes24KilobytesForSixRows(@TempDir Path folder) throws IOException {
        String t5 =
                """
                {"model_type": "t5", "vocab_size": 50, "d_model": 1024, "d_kv": 8, "d_ff": 8, "num_layers": 1,
                 "num_heads": 1, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}""";
        // An encoder alone has the rows that texts get; PEFT's files of encoder-decoders have as many again.
        Map<Task, Integer> tokens = Map.of(Task.featureExtraction(), 6, Task.sequenceToSequence(), 3);
        for (Map.Entry<Task, Integer> entry : tokens.entrySet()) {
            try (BaseModel base = TinyModels.random(entry.getKey(), DType.FLOAT32, t5);
                    Adapter adapter = Adapter.create(
                            base, PromptTuningConfig.builder(entry.getValue()).build(), 1)) {
                AdapterFolder.save(adapter, base, folder);
                assertThat(adapter.trainable().size()).isEqualTo(6 * 1024);
                assertThat(Files.size(folder.resolve("adapter_model.safetensors")))
                        .isBetween(24L * 1024, 24L * 1024 + 200);
            }
        }
    }

    private static long rows(BaseModel base, PeftConfig config) {
        try (Adapter adapter = Adapter.create(base, config, 1)) {
            return adapter.trainable().get(PromptFields.ROWS).size();
        }
    }
}
