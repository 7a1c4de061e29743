package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files are as sentence-transformers 2 to 6 write them. */
final class SentencePoolingTest {

    private static final String TRANSFORMER =
            """
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}""";
    private static final String POOLING =
            """
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}""";
    private static final String NORMALIZE =
            """
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}""";

    @TempDir
    private Path folder;

    private void write(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void of_noFiles_isTheMeanOfLengthOne() throws IOException {
        assertThat(SentencePooling.of(folder))
                .isEqualTo(new SentencePooling(Task.Pooling.MEAN, true, Integer.MAX_VALUE));
    }

    @Test
    void of_allFiles_areRead() throws IOException {
        write("modules.json", "[%s, %s, %s]".formatted(TRANSFORMER, POOLING, NORMALIZE));
        write("sentence_bert_config.json", "{\"max_seq_length\": 256, \"do_lower_case\": false}");
        write(
                "1_Pooling/config.json",
                """
                {"word_embedding_dimension": 384, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false,
                 "pooling_mode_max_tokens": false, "pooling_mode_mean_sqrt_len_tokens": false}""");

        assertThat(SentencePooling.of(folder)).isEqualTo(new SentencePooling(Task.Pooling.FIRST, true, 256));
    }

    @Test
    void of_modulesWithoutNormalize_leaveTheLength() throws IOException {
        write("modules.json", "[%s, %s]".formatted(TRANSFORMER, POOLING));

        assertThat(SentencePooling.of(folder).normalized()).isFalse();
    }

    @Test
    void of_poolingElsewhere_isFound() throws IOException {
        write("modules.json", "[%s, %s]".formatted(TRANSFORMER, POOLING.replace("1_Pooling", "pool")));
        write("pool/config.json", "{\"embedding_dimension\": 384, \"pooling_mode\": \"lasttoken\"}");

        assertThat(SentencePooling.of(folder).pooling()).isEqualTo(Task.Pooling.LAST);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"pooling_mode\": \"cls\"}|FIRST",
                "{\"pooling_mode\": [\"max\"]}|MAX",
                "{\"pooling_mode_max_tokens\": true}|MAX",
                "{\"pooling_mode_mean_tokens\": true, \"pooling_mode_lasttoken\": false}|MEAN",
                "{\"pooling_mode_mean_sqrt_len_tokens\": true}|MEAN_SQRT_LENGTH",
                "{\"pooling_mode_weightedmean_tokens\": true}|WEIGHTED_MEAN",
                "{\"pooling_mode_lasttoken\": true}|LAST",
                "{\"word_embedding_dimension\": 384}|MEAN"
            })
    void of_oneMode_isThatOfSentenceTransformers(String config, Task.Pooling expected) throws IOException {
        write("1_Pooling/config.json", config);

        assertThat(SentencePooling.of(folder).pooling()).isEqualTo(expected);
    }

    @Test
    void of_twoModes_namesBothAndWhatIsSupported() throws IOException {
        write("1_Pooling/config.json", "{\"pooling_mode_max_tokens\": true, \"pooling_mode_mean_tokens\": true}");

        assertThatThrownBy(() -> SentencePooling.of(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(
                        "1_Pooling/config.json: pooling by [max, mean] is not supported; one of [cls, lasttoken, max, mean, mean_sqrt_len_tokens, weightedmean] is");
    }

    @Test
    void of_unknownMode_namesItAndWhatIsSupported() throws IOException {
        write("1_Pooling/config.json", "{\"pooling_mode\": \"median\"}");

        assertThatThrownBy(() -> SentencePooling.of(folder))
                .hasMessageContaining("[median]")
                .hasMessageContaining("mean");
    }

    @Test
    void of_denseModule_namesItAndWhatIsSupported() throws IOException {
        String dense =
                "{\"idx\": 2, \"name\": \"2\", \"path\": \"2_Dense\", \"type\": \"sentence_transformers.models.Dense\"}";
        write("modules.json", "[%s, %s, %s]".formatted(TRANSFORMER, POOLING, dense));

        assertThatThrownBy(() -> SentencePooling.of(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(
                        "modules.json: modules [sentence_transformers.models.Dense] are not supported; one each of [Transformer, Pooling, Normalize] are");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{}|must be an array", "[{]|is no JSON", "[1]|modules [1] are not supported"})
    void of_brokenModules_saysWhat(String text, String message) throws IOException {
        write("modules.json", text);

        assertThatThrownBy(() -> SentencePooling.of(folder)).hasMessageContaining(message);
    }
}
