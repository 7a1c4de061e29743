package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonParser;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.model.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decoders classify by the last token of a text, which they find by the padding behind it. */
class DecoderClassifierTest {

    private static final int PADDING = 5;

    @TempDir
    private Path folder;

    @Test
    void predict_tokenizerWithoutTheModelsPadding_doesNotDependOnTheBatch() throws IOException {
        save();
        try (TextClassifier model = TextClassifier.from(folder).load()) {
            assertThat(TestTokenizers.BYTE_LEVEL.padId()).isNotEqualTo(PADDING);
            Prediction alone = model.predict(Selection.none(), List.of("word")).get(0);
            Prediction padded = model.predict(Selection.none(), List.of("word", "many more words in one text"))
                    .get(0);

            assertThat(padded.scores().get("a")).isCloseTo(alone.scores().get("a"), within(1e-5));
        }
    }

    private void save() throws IOException {
        String config =
                """
                {"model_type": "gpt2", "vocab_size": %d, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 64,
                 "initializer_range": 1.0, "pad_token_id": %d}""";
        int size = TestTokenizers.BYTE_LEVEL.vocabularySize();
        try (BaseModel base = BaseModel.random(
                        JsonParser.parseString(config.formatted(size, PADDING)).getAsJsonObject())
                .task(Task.sequenceClassification(List.of("a", "b")))
                .load()) {
            SavedModel.write(base, folder, TestTokenizers.resource("byte-level"));
        }
    }
}
