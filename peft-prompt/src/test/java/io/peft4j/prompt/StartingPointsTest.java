package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapter.Selection;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.model.VirtualTokens.Placement;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What prompts start from, and what they are while they are learned. */
class StartingPointsTest {

    private static final List<Example> TEXTS = List.of(PromptRuns.text(6, 1), PromptRuns.text(9, 2));

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"FLOAT32", "BFLOAT16"})
    void create_normMatched_startsAsLongAsWordsAreInTheMean(DType dtype) {
        try (BaseModel base = TinyModels.bert(dtype);
                Adapter adapter = Adapter.create(
                        base,
                        PromptTuningConfig.builder(6)
                                .init(new PromptInit.NormMatched())
                                .build(),
                        1)) {
            double mean = norms(NativeTensors.toFloats(base.weights().get("bert.embeddings.word_embeddings.weight")))
                    .average()
                    .orElseThrow();
            float[] rows = adapter.parameter(PromptFields.ROWS).toFloatArray();

            assertThat(mean).isPositive();
            assertThat(norms(rows).boxed().toList()).hasSize(6).allSatisfy(norm -> assertThat(norm)
                    .isCloseTo(mean, Offset.offset(1e-5 * mean)));
            // Directions of their own: far from parallel to the first.
            for (int row = 1; row < 6; row++) {
                double cosine = 0;
                for (int i = 0; i < 24; i++) {
                    cosine += rows[i] * rows[24 * row + i] / (mean * mean);
                }
                assertThat(Math.abs(cosine)).isLessThan(0.9);
            }
        }
    }

    private static DoubleStream norms(float[] table) {
        return IntStream.range(0, table.length / 24)
                .mapToDouble(row -> Math.sqrt(IntStream.range(0, 24)
                        .mapToDouble(i -> (double) table[24 * row + i] * table[24 * row + i])
                        .sum()));
    }

    @Test
    void create_residual_startsAsThePromptThatItIsAddedTo() {
        PromptTuningConfig plain = PromptTuningConfig.builder(4)
                .init(new PromptInit.Text("sort this", "", List.of(7, 3)))
                .build();
        PromptTuningConfig residual = plain.reparameterization(new Reparameterization.Residual(8));
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter a = Adapter.createWithoutHead(base, plain, 1);
                Adapter b = Adapter.createWithoutHead(base, residual, 1)) {
            assertThat(PromptRuns.logits(base, Selection.of(b), TEXTS))
                    .containsExactly(PromptRuns.logits(base, Selection.of(a), TEXTS));
            PromptRuns.train(base, a, 3);
            PromptRuns.train(base, b, 3);
            assertThat(PromptRuns.logits(base, Selection.of(b), TEXTS))
                    .isNotEqualTo(PromptRuns.logits(base, Selection.of(a), TEXTS));
        }
    }

    /** What Hugging Face PEFT reads is a prompt as any other. */
    @Test
    void save_residual_isAPlainPromptWithTheNetworkBesideIt(@TempDir Path folder) throws IOException {
        PromptTuningConfig config = PromptTuningConfig.builder(4)
                .reparameterization(new Reparameterization.Residual(8))
                .build();
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = PromptRuns.trained(base, config, 1)) {
            AdapterFolder.save(adapter, base, folder);

            AdapterFolder files = AdapterFolder.open(folder);
            assertThat(files.config().peftType()).isEqualTo("PROMPT_TUNING");
            assertThat(files.tensors())
                    .extracting(info -> info.name())
                    .containsExactlyInAnyOrder(
                            "prompt_embeddings", "base_model.classifier.weight", "base_model.classifier.bias");
            JsonObject json = PythonJson.read(folder.resolve("adapter_config.json"));
            assertThat(json.get("residual_hidden_size").getAsInt()).isEqualTo(8);
            assertThat(json.get("prompt_tuning_init").getAsString()).isEqualTo("SAMPLE_VOCAB");
            try (Adapter loaded = files.load(base)) {
                assertThat(loaded.config())
                        .isEqualTo(PromptTuningConfig.builder(4)
                                .reparameterization(new Reparameterization.Residual(8))
                                .modulesToSave("classifier")
                                .build());
            }
        }
    }

    @Test
    void save_promptWithoutOptionsOfItsOwn_hasNoFieldThatPeftDoesNotKnow(@TempDir Path folder) throws IOException {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter =
                        Adapter.create(base, PromptTuningConfig.builder(4).build(), 1)) {
            AdapterFolder.save(adapter, base, folder);
            assertThat(PythonJson.read(folder.resolve("adapter_config.json")).keySet())
                    .contains("prompt_tuning_init", "num_virtual_tokens")
                    .doesNotContain("prompt_placement", "residual_hidden_size", "prompt_init_norm");
        }
    }

    @Test
    void settings_allOptions_comeBackFromTheirFields() {
        for (PromptTuningConfig config : List.of(
                PromptTuningConfig.builder(3).init(new PromptInit.NormMatched()).build(),
                PromptTuningConfig.builder(3).placement(Placement.AFTER_FIRST).build(),
                PromptTuningConfig.builder(3)
                        .reparameterization(new Reparameterization.Residual(7))
                        .build())) {
            JsonObject json = PeftMethods.of(config).write(config);
            json.addProperty("peft_type", config.peftType());
            assertThat(read(json)).isEqualTo(config);
        }
    }

    @Test
    void read_optionsThatDoNotFit_areAllRefused() {
        JsonObject json = JsonParser.parseString(
                        """
                        {"peft_type": "PROMPT_TUNING", "num_virtual_tokens": 3, "prompt_tuning_init": "SAMPLE_VOCAB",
                         "prompt_init_norm": "vocabulary", "residual_hidden_size": 0, "prompt_placement": "last"}
                        """)
                .getAsJsonObject();
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "prompt_init_norm says nothing to prompt_tuning_init SAMPLE_VOCAB, only to RANDOM")
                .hasMessageContaining("residual_hidden_size must be a whole number of at least 1")
                .hasMessageContaining("prompt_placement must be after_first: last");
        assertThatThrownBy(() -> new Reparameterization.Residual(0)).hasMessageContaining("must be positive: 0");
    }

    private static PeftConfig read(JsonObject json) {
        ConfigFields fields = new ConfigFields(json, "settings");
        return PeftMethods.of(fields).read(fields);
    }

    /** A text is tokenised once, before training: files need no tokenizer. */
    @Test
    void load_residualThatStartedFromAText_needsNoTokens(@TempDir Path folder) throws IOException {
        PromptTuningConfig config = PromptTuningConfig.builder(4)
                .init(new PromptInit.Text("sort this", "", List.of(7, 3)))
                .reparameterization(new Reparameterization.Residual(8))
                .build();
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = PromptRuns.trained(base, config, 1)) {
            AdapterFolder.save(adapter, base, folder);
            try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
                assertThat(loaded.trainable().flat().toFloatArray())
                        .containsExactly(adapter.trainable().flat().toFloatArray());
                float[] expected = PromptRuns.logits(base, Selection.of(adapter), TEXTS);
                assertThat(PromptRuns.logits(base, Selection.of(loaded), TEXTS))
                        .containsExactly(expected, Offset.offset(1e-6f));
            }
        }
    }
}
