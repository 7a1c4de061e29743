package io.peft4j.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.Map;

/** Well-known models by the sizes in their {@code config.json}; their weights are random. */
final class Shapes {

    private static final Map<String, String> CONFIGS = Map.of(
            "bert-base",
            """
            {"model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12,
             "num_attention_heads": 12, "intermediate_size": 3072}""",
            "minilm",
            """
            {"model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6,
             "num_attention_heads": 12, "intermediate_size": 1536}""");

    private Shapes() {}

    static boolean isKnown(String name) {
        return CONFIGS.containsKey(name);
    }

    /** Returns the configuration of a model by name. */
    static JsonObject config(String name) {
        String config = CONFIGS.get(name);
        if (config == null) {
            throw new IllegalArgumentException("%s is neither a folder nor one of %s"
                    .formatted(name, CONFIGS.keySet().stream().sorted().toList()));
        }
        return JsonParser.parseString(config).getAsJsonObject();
    }
}
