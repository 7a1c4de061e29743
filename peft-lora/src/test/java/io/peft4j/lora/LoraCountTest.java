package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TargetModules;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How many parameters the family trains in known models, as PEFT counts them; the vocabulary plays no part. */
class LoraCountTest {

    @Test
    void create_inBertBase_trainsAsManyAsInPeft() {
        Map<PeftConfig, Long> counts = new LinkedHashMap<>();
        counts.put(LoraConfig.builder("query", "value").rank(4).build(), 147_456L);
        counts.put(LoraConfig.builder("query", "value").rank(8).build(), 294_912L);
        counts.put(LoraConfig.builder("query", "value").rank(64).build(), 2_359_296L);
        counts.put(LoraConfig.builder(TargetModules.allLinear()).rank(8).build(), 1_339_392L);
        counts.put(new DoraConfig(LoraConfig.builder("query", "value").rank(8).build()), 294_912L + 18_432L);
        counts.put(LohaConfig.builder("query", "value").rank(8).build(), 589_824L);
        counts.put(LokrConfig.builder("query", "value").rank(8).build(), 26_112L);
        counts.put(VeraConfig.builder("query", "value").rank(256).build(), 24_576L);
        assertCounts(
                Task.sequenceClassification(TinyModels.LABELS),
                """
                {"model_type": "bert", "vocab_size": 10, "hidden_size": 768, "num_hidden_layers": 12,
                 "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 16}""",
                counts);
    }

    @Test
    void create_inSmolLm2_trainsAsManyAsInPeft() {
        Map<PeftConfig, Long> counts = new LinkedHashMap<>();
        counts.put(LoraConfig.builder("q_proj", "v_proj").rank(8).build(), 460_800L);
        counts.put(LoraConfig.builder(TargetModules.allLinear()).rank(8).build(), 2_442_240L);
        assertCounts(
                Task.causalLanguageModelling(),
                """
                {"model_type": "llama", "vocab_size": 10, "hidden_size": 576, "num_hidden_layers": 30,
                 "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536,
                 "max_position_embeddings": 16, "tie_word_embeddings": true}""",
                counts);
    }

    /** One of the 32 equal layers of LLaMA-7B: at rank 128 all of them are 256 MiB in FLOAT32. */
    @Test
    void create_inALayerOfLlama7b_trainsThe32ndPartOfWhatPeftCounts() {
        Map<PeftConfig, Long> counts = new LinkedHashMap<>();
        counts.put(LoraConfig.builder("q_proj", "v_proj").rank(16).build(), 8_388_608L / 32);
        counts.put(LoraConfig.builder("q_proj", "v_proj").rank(128).build(), 67_108_864L / 32);
        counts.put(LoraConfig.builder(TargetModules.allLinear()).rank(128).build(), 319_815_680L / 32);
        assertCounts(
                Task.causalLanguageModelling(),
                """
                {"model_type": "llama", "vocab_size": 10, "hidden_size": 4096, "num_hidden_layers": 1,
                 "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 11008,
                 "max_position_embeddings": 16, "tie_word_embeddings": true}""",
                counts);
    }

    /**
     * One of the 24 equal layers of RoBERTa-large: 4.7 million for all of them are rank 48 on query and value, or 24 on the
     * four projections of attention.
     */
    @Test
    void create_inALayerOfRobertaLarge_trainsThe24thPartOf47Million() {
        String attention = ".*attention\\.(self\\.(query|key|value)|output\\.dense)";
        Map<PeftConfig, Long> counts = new LinkedHashMap<>();
        counts.put(LoraConfig.builder("query", "value").rank(8).build(), 786_432L / 24);
        counts.put(LoraConfig.builder("query", "value").rank(48).build(), 4_718_592L / 24);
        counts.put(
                LoraConfig.builder(TargetModules.matching(attention)).rank(24).build(), 4_718_592L / 24);
        assertCounts(
                Task.sequenceClassification(TinyModels.LABELS),
                """
                {"model_type": "roberta", "vocab_size": 10, "hidden_size": 1024, "num_hidden_layers": 1,
                 "num_attention_heads": 16, "intermediate_size": 4096, "max_position_embeddings": 16,
                 "pad_token_id": 1}""",
                counts);
    }

    private static void assertCounts(Task task, String model, Map<PeftConfig, Long> counts) {
        try (BaseModel base = TinyModels.random(task, DType.BFLOAT16, model)) {
            counts.forEach((config, count) -> {
                try (Adapter adapter = Adapter.createWithoutHead(base, config, 1)) {
                    assertThat(adapter.trainable().size()).as(config.toString()).isEqualTo(count);
                }
            });
        }
    }
}
