package io.peft4j.testkit;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Models of two layers with random weights. */
public final class TinyModels {

    /** Labels of the classifiers. */
    public static final List<String> LABELS = List.of("a", "b", "c");

    private TinyModels() {}

    /** Returns a BERT that classifies texts: vocabulary 50, width 24, 3 heads, feed-forward 40. */
    public static BaseModel bert(DType dtype) {
        return random(
                Task.sequenceClassification(LABELS),
                dtype,
                """
                {"model_type": "bert", "vocab_size": 50, "hidden_size": 24, "num_hidden_layers": 2,
                 "num_attention_heads": 3, "intermediate_size": 40, "max_position_embeddings": 40,
                 "initializer_range": 0.2}""");
    }

    /** Returns a Llama that generates: vocabulary 50, width 24, 4 heads of which 2 share keys, 300 positions. */
    public static BaseModel llama(DType dtype) {
        return random(
                Task.causalLanguageModelling(),
                dtype,
                """
                {"model_type": "llama", "vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2,
                 "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 40,
                 "max_position_embeddings": 300, "initializer_range": 0.2, "tie_word_embeddings": true}""");
    }

    /** Returns a model of a configuration. */
    public static BaseModel random(Task task, DType dtype, String config) {
        JsonObject fields = JsonParser.parseString(config).getAsJsonObject();
        try {
            return BaseModel.random(fields).task(task).precision(dtype).seed(7).load();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
