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
             "num_attention_heads": 12, "intermediate_size": 1536}""",
            "roberta-base",
            """
            {"model_type": "roberta", "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": 12,
             "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 514,
             "type_vocab_size": 1, "pad_token_id": 1}""",
            "gpt2",
            """
            {"model_type": "gpt2", "vocab_size": 50257, "n_embd": 768, "n_layer": 12, "n_head": 12,
             "n_positions": 1024}""",
            "gpt2-medium",
            """
            {"model_type": "gpt2", "vocab_size": 50257, "n_embd": 1024, "n_layer": 24, "n_head": 16,
             "n_positions": 1024}""",
            "qwen2-0.5b",
            """
            {"model_type": "qwen2", "vocab_size": 151936, "hidden_size": 896, "intermediate_size": 4864,
             "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2,
             "max_position_embeddings": 32768, "rope_theta": 1000000.0, "tie_word_embeddings": true}""",
            "tiny",
            """
            {"model_type": "llama", "vocab_size": 100, "hidden_size": 32, "intermediate_size": 64,
             "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64}""",
            "smollm2-135m",
            """
            {"model_type": "llama", "vocab_size": 49152, "hidden_size": 576, "intermediate_size": 1536,
             "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
             "max_position_embeddings": 2048, "tie_word_embeddings": true}""");

    private Shapes() {}

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
