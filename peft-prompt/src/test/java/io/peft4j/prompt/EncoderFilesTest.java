package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Example;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Adapters whose file holds what an encoder computes, with the encoder beside it. */
class EncoderFilesTest {

    private static final String ENCODER = "peft4j_encoder.safetensors";

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    static Stream<PeftConfig> encoders() {
        return Stream.of(
                PTuningConfig.of(4),
                PTuningConfig.of(4).encoder(new LstmEncoder(OptionalInt.of(5), 1, 0)),
                PrefixTuningConfig.projected(4),
                PromptTuningConfig.builder(4)
                        .reparameterization(new Reparameterization.Residual(5))
                        .build());
    }

    @ParameterizedTest
    @MethodSource("encoders")
    void load_interruptedTraining_goesOnFromTheEncoderBitForBit(PeftConfig config, @TempDir Path folder)
            throws IOException {
        try (Adapter whole = Adapter.create(base, config, 1);
                Adapter part = Adapter.create(base, config, 1)) {
            PromptRuns.train(base, whole, 2);
            PromptRuns.train(base, part, 2);
            AdapterFolder.save(part, base, folder);
            try (Adapter resumed = AdapterFolder.open(folder).load(base)) {
                // Both begin with fresh moments here, so what differs would be the parameters.
                PromptRuns.train(base, whole, 2);
                PromptRuns.train(base, resumed, 2);
                assertThat(resumed.trainable().names())
                        .isEqualTo(whole.trainable().names());
                assertThat(resumed.trainable().flat().toFloatArray())
                        .containsExactly(whole.trainable().flat().toFloatArray());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("encoders")
    void load_withoutTheEncoder_computesTheSameAndTrainsThePrompt(PeftConfig config, @TempDir Path folder)
            throws IOException {
        try (Adapter adapter = PromptRuns.trained(base, config, 1)) {
            AdapterFolder.save(adapter, base, folder);
            Files.delete(folder.resolve(ENCODER));
            try (Adapter folded = AdapterFolder.open(folder).load(base)) {
                List<Example> texts = List.of(PromptRuns.text(6, 1), PromptRuns.text(9, 2));
                float[] expected = PromptRuns.logits(base, Selection.of(adapter), texts);
                float[] actual = PromptRuns.logits(base, Selection.of(folded), texts);
                for (int i = 0; i < expected.length; i++) {
                    assertThat(actual[i]).isCloseTo(expected[i], Offset.offset(2e-5f));
                }
                assertThat(folded.trainable().names())
                        .contains(PromptFields.ROWS)
                        .noneMatch(name -> name.startsWith("prompt_encoder."));
                PromptRuns.train(base, folded, 1);
            }
        }
    }

    @Test
    void load_encoderOfAnotherPrompt_isRefused(@TempDir Path one, @TempDir Path other) throws IOException {
        try (Adapter a = PromptRuns.trained(base, PTuningConfig.of(4), 1);
                Adapter b = PromptRuns.trained(base, PTuningConfig.of(4), 2)) {
            AdapterFolder.save(a, base, one);
            AdapterFolder.save(b, base, other);
            Files.copy(other.resolve(ENCODER), one.resolve(ENCODER), StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(() -> AdapterFolder.open(one).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(ENCODER)
                    .hasMessageContaining("another prompt");
        }
    }

    @Test
    void load_encoderOfWholeNumbers_isRefused(@TempDir Path folder) throws IOException {
        try (Adapter adapter = PromptRuns.trained(base, PTuningConfig.of(4), 1)) {
            AdapterFolder.save(adapter, base, folder);
            String bytes = Files.readString(folder.resolve(ENCODER), StandardCharsets.ISO_8859_1);
            Files.writeString(
                    folder.resolve(ENCODER), bytes.replace("\"F32\"", "\"I32\""), StandardCharsets.ISO_8859_1);
            assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must have a floating type: INT32");
        }
    }

    @Test
    void load_prefixForOtherHeads_isRefused(@TempDir Path folder) throws IOException {
        try (Adapter adapter = PromptRuns.trained(base, PrefixTuningConfig.of(4), 1)) {
            AdapterFolder.save(adapter, base, folder);
            Path file = folder.resolve("adapter_config.json");
            var json = PythonJson.read(file);
            json.addProperty("num_attention_heads", 2);
            AtomicFile.write(file, PythonJson.format(json));
            assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("num_attention_heads of the base model is 3: 2");
        }
    }
}
