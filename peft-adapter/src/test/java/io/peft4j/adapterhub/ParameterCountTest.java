package io.peft4j.adapterhub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.bottleneck.BottleneckConfig;
import io.peft4j.model.BaseModel;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How many parameters presets train in BERT-base, as AdapterHub counts them; the vocabulary plays no part. */
class ParameterCountTest {

    @Test
    void presets_inBertBase_trainAsManyParametersAsInAdapterHub() throws IOException {
        JsonObject config = JsonParser.parseString(
                        """
                        {"model_type": "bert", "vocab_size": 10, "hidden_size": 768, "num_hidden_layers": 12,
                         "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 64}""")
                .getAsJsonObject();
        Map<PeftConfig, Long> counts = new LinkedHashMap<>();
        counts.put(BottleneckConfig.pfeiffer(), 894_528L);
        counts.put(BottleneckConfig.houlsby(), 1_789_056L);
        counts.put(BottleneckConfig.parallel(), 7_091_712L);
        counts.put(BottleneckConfig.scaledParallel(), 7_091_724L);
        counts.put(BottleneckConfig.pfeiffer().toBuilder().invertible(2).build(), 1_190_592L);
        counts.put(BottleneckConfig.compacter(), 57_088L);
        counts.put(BottleneckConfig.compacterPlusPlus(), 28_576L);
        counts.put(HubLoraConfig.lora(8, 8), 294_912L);
        counts.put(HubLoraConfig.ia3(), 55_296L);
        counts.put(HubPrefixConfig.of(HubPrefixConfig.DEFAULT_LENGTH), 9_872_384L);
        counts.put(HubPrefixConfig.flat(HubPrefixConfig.DEFAULT_LENGTH), 552_960L);
        counts.put(HubPromptConfig.of(HubPromptConfig.DEFAULT_LENGTH), 7_680L);
        counts.put(Unions.mam(), 22_493_984L);
        counts.put(Unions.uniPelt(), 11_083_376L);
        counts.put(BottleneckConfig.sequential(256), 12L * (2 * 768 * 256 + 256 + 768));
        try (BaseModel base = BaseModel.random(config).load()) {
            counts.forEach((preset, count) -> {
                try (Adapter adapter = Adapter.createWithoutHead(base, preset, 1)) {
                    assertThat(adapter.trainable().size()).as(preset.toString()).isEqualTo(count);
                }
            });
        }
    }
}
