package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Network;
import io.peft4j.model.Network.Argument;
import io.peft4j.model.Network.Stage;
import io.peft4j.model.RecordingOptions;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.testkit.TinyModels;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What learned tokens cost, as the recorded programs say. */
class PromptProgramsTest {

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    private Network network(Adapter adapter) {
        return base.record(
                RecordingOptions.inference(adapter.adaptation(), DType.FLOAT32, true), (recorder, task) -> {});
    }

    private static List<Stage> stagesOfRows(Network network) {
        return network.stages().stream()
                .filter(stage -> stage.path().equals(PromptFields.ROWS))
                .toList();
    }

    /** Returns the tokens in what a layer gets. */
    private static Dim tokens(Network network) {
        Stage layer = network.stages().stream()
                .filter(stage -> stage.path().endsWith("layer.1"))
                .findFirst()
                .orElseThrow();
        Argument.Value hidden = (Argument.Value) layer.arguments().get(0);
        return network.values().get(hidden.number()).dim(1);
    }

    @Test
    void record_prefix_isNoRowOfTheLayersAndComputedOnceForAllTexts() {
        try (Adapter adapter = Adapter.create(base, PrefixTuningConfig.projected(7), 1)) {
            Network network = network(adapter);
            assertThat(tokens(network)).isEqualTo(Dim.named("T"));
            assertThat(stagesOfRows(network)).hasSize(1);
            Stage rows = stagesOfRows(network).get(0);
            assertThat(rows.arguments()).allMatch(Argument.Parameter.class::isInstance);
            assertThat(rows.results()).allMatch(number -> network.values().get(number).shape().stream()
                    .allMatch(Dim::isConstant)); // No batch: keys and values are spread where they are used.
        }
    }

    @Test
    void record_pTuning_runsItsEncoderOncePerBatchAndNotOnceFolded() {
        try (Adapter adapter = Adapter.create(base, PTuningConfig.of(7), 1);
                Adapter folded = adapter.folded(base)) {
            Network network = network(adapter);
            assertThat(tokens(network)).isEqualTo(Dim.named("T").plus(Dim.of(7)));
            assertThat(stagesOfRows(network)).hasSize(1);
            assertThat(stagesOfRows(network).get(0).arguments()).allMatch(Argument.Parameter.class::isInstance);

            Network serving = network(folded);
            assertThat(stagesOfRows(serving)).isEmpty();
            assertThat(serving.stages()).hasSize(network.stages().size() - 1);
            assertThat(serving.parameters())
                    .noneMatch(parameter -> parameter.name().startsWith("prompt_encoder."));
        }
    }

    @Test
    void record_prompt_hasNoCallOfItsOwn() {
        try (Adapter adapter =
                Adapter.createWithoutHead(base, PromptTuningConfig.builder(7).build(), 1)) {
            Network plain = base.record(
                    RecordingOptions.inference(io.peft4j.model.Adaptation.NONE, DType.FLOAT32, true),
                    (recorder, task) -> {});
            assertThat(network(adapter).parameters()).hasSize(1);
            assertThat(network(adapter).stages().stream()
                            .filter(stage -> stage.arguments().stream().anyMatch(Argument.Parameter.class::isInstance)))
                    .hasSize(1);
            assertThat(tokens(plain)).isEqualTo(Dim.named("T"));
        }
    }
}
