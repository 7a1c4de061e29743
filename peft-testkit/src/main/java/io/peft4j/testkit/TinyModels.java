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
        JsonObject config = JsonParser.parseString(
                        """
                        {"model_type": "bert", "vocab_size": 50, "hidden_size": 24, "num_hidden_layers": 2,
                         "num_attention_heads": 3, "intermediate_size": 40, "max_position_embeddings": 40,
                         "initializer_range": 0.2}""")
                .getAsJsonObject();
        try {
            return BaseModel.random(config)
                    .task(Task.sequenceClassification(LABELS))
                    .precision(dtype)
                    .seed(7)
                    .load();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
