package io.peft4j.bottleneck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapterhub.HubConfig;
import io.peft4j.adapterhub.HubConfigId;
import io.peft4j.bottleneck.BottleneckWiring.Residual;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.LoggedLines;
import io.peft4j.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of bottlenecks: presets, AdapterHub's identifiers and files, sizes, and what is refused. */
class BottleneckConfigTest {

    private static final long BERT_BASE = 768;

    static Stream<Arguments> presets() {
        return Stream.of(
                Arguments.of(BottleneckConfig.pfeiffer(), "9076f36a74755ac4"),
                Arguments.of(BottleneckConfig.houlsby(), "b1017368d7a97b11"),
                Arguments.of(BottleneckConfig.parallel(), "211b85d66ae909db"),
                Arguments.of(BottleneckConfig.scaledParallel(), "4197b24ec21c92f8"),
                Arguments.of(
                        BottleneckConfig.pfeiffer().toBuilder().invertible(2).build(), "9ed5b5a29de19b71"),
                Arguments.of(
                        BottleneckConfig.houlsby().toBuilder().invertible(2).build(), "bcdbfdc759d7abf1"),
                Arguments.of(BottleneckConfig.compacterPlusPlus(), "cfa13994accfb5f4"),
                Arguments.of(BottleneckConfig.compacter(), "934efc0c1022a56f"),
                Arguments.of(BottleneckConfig.adapterPlus(), "fd517df084609354"));
    }

    @ParameterizedTest
    @MethodSource("presets")
    void preset_ofAdapterHub_hasItsIdentifier(PeftConfig config, String id) {
        assertThat(HubConfigId.of(HubConfig.write(config, BERT_BASE))).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "seq_bn",
                "double_seq_bn",
                "par_bn",
                "scaled_par_bn",
                "seq_bn_leave_out",
                "seq_bn_ln",
                "seq_bn_gate",
                "seq_bn_inv",
                "compacter"
            })
    void settings_ofAdapterHub_areWrittenByteForByte(String name) throws IOException {
        var file = Goldens.folder("adapterhub/bert/" + name).resolve("adapter_config.json");
        JsonObject json = PythonJson.read(file);
        ConfigFields fields = new ConfigFields(HubConfig.read(json.getAsJsonObject("config"), "adapters.1.2.0"), name);
        json.add("config", HubConfig.write(BottleneckFile.read(fields), 24));
        assertThat(PythonJson.format(json)).isEqualTo(Files.readString(file));
    }

    @ParameterizedTest
    @CsvSource({"16, 5, 3", "768, 64, 12", "768, 1000, 1", "16, 0.5, 32", "768, 16, 48", "24, 5, 4"})
    void size_ofAFactor_isAsPythonDivides(long width, double factor, int size) {
        assertThat(ReductionFactor.of(factor).sizeIn(0, width)).isEqualTo(size);
    }

    @Test
    void size_asAFactor_isThatSizeAgain() {
        for (int size = 1; size <= 1536; size++) {
            double factor = ReductionFactor.ofSize(size, BERT_BASE);
            assertThat(ReductionFactor.of(factor).sizeIn(0, BERT_BASE)).isEqualTo(size);
        }
    }

    @Test
    void settings_ofAnOldFile_areRead() {
        JsonObject old = JsonParser.parseString(
                        """
                        {"adapter_residual_before_ln": false, "attention_type": null, "invertible_adapter":
                         {"block_type": "nice", "non_linearity": "relu", "reduction_factor": 2}, "ln_after": false,
                         "ln_before": false, "mh_adapter": false, "non_linearity": "gelu", "original_ln_after": true,
                         "original_ln_before": true, "output_adapter": true, "reduction_factor": 16,
                         "residual_before_ln": true}""")
                .getAsJsonObject();
        BottleneckConfig read = BottleneckFile.read(new ConfigFields(HubConfig.read(old, ""), "old"));
        assertThat(read.shape().nonLinearity()).isEqualTo(NonLinearity.GELU_NEW);
        assertThat(read.invertible()).isEqualTo(2);
        BottleneckConfig newer = BottleneckFile.read(new ConfigFields(HubConfig.read(old, "3.2.1"), "new"));
        assertThat(newer.shape().nonLinearity()).isEqualTo(NonLinearity.GELU);
    }

    @Test
    void read_wrongValues_areListedTogether() {
        JsonObject json = JsonParser.parseString(
                        """
                        {"mh_adapter": "yes", "output_adapter": true, "reduction_factor": -2, "scaling": "huge",
                         "inv_adapter": "glow", "new_option": 3}""")
                .getAsJsonObject();
        assertThatThrownBy(() -> BottleneckFile.read(new ConfigFields(json, "file")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("mh_adapter", "reduction_factor", "huge", "glow", "new_option");
    }

    @Test
    void settings_thatMeanNothing_areRefused() {
        assertThatThrownBy(() -> BottleneckConfig.builder().after(false, false)).hasMessageContaining("need a place");
        assertThatThrownBy(() -> BottleneckConfig.builder().reductionFactor(0))
                .hasMessageContaining("must be positive");
        assertThatThrownBy(() -> BottleneckConfig.builder().dropout(1)).hasMessageContaining("[0, 1)");
        assertThatThrownBy(() -> BottleneckConfig.houlsby().toBuilder().residual(Residual.POST_ADD))
                .hasMessageContaining("norm before");
        assertThatThrownBy(() -> BottleneckConfig.compacter().toBuilder()
                        .init(BottleneckInit.HOULSBY)
                        .build())
                .hasMessageContaining("initialisation of their own");
        assertThatThrownBy(() -> NonLinearity.of("relux")).hasMessageContaining("relu6");
    }

    @Test
    void attach_whatTheModelHasNot_isListedTogether() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            BottleneckConfig config = BottleneckConfig.compacter().toBuilder()
                    .leaveOut(List.of(7))
                    .reductionFactors(Map.of(9, 2.0), 7)
                    .build();
            assertThatThrownBy(() -> Adapter.create(base, config, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(
                            "leave_out names layers [7]", "reduction_factor names layer 9", "reduction_factor 7");
            BottleneckConfig partial = BottleneckConfig.builder()
                    .reductionFactors(Map.of(0, 2.0), 0)
                    .build();
            assertThatThrownBy(() -> Adapter.create(base, partial, 1))
                    .hasMessageContaining("no reduction factor for layer 1");
        }
    }

    @Test
    void attach_widerThanTheLayer_isAllowed() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                LoggedLines logged = new LoggedLines();
                Adapter adapter = Adapter.createWithoutHead(
                        base, BottleneckConfig.builder().reductionFactor(0.5).build(), 1)) {
            assertThat(adapter.trainable().size()).isEqualTo(2 * (2 * 24 * 48 + 48 + 24));
            assertThat(logged.lines())
                    .singleElement()
                    .asString()
                    .contains("WARN", "bottlenecks of 48 features are wider than the 24 of layers 0 to 1");
        }
    }
}
