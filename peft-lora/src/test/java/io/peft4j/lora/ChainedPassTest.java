package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ChainedPass;
import io.peft4j.model.ForwardPass;
import io.peft4j.model.Network;
import io.peft4j.model.Network.Argument.PackedWeight;
import io.peft4j.model.RecordingOptions;
import io.peft4j.model.TargetModules;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.program.Kernels;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a network computes in one call is what it computes stage by stage. */
class ChainedPassTest {

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "qwen3"})
    void run_networkWithAnAdapter_equalsItsStagesOneByOne(String model) throws IOException {
        try (BaseModel base = load(model);
                Adapter adapter = AdapterFolder.open(Goldens.folder("hf/%s/lora".formatted(model)))
                        .load(base);
                NDManager owner = base.newManager()) {
            Selection selection = Selection.of(adapter);
            Network network = network(base, selection);
            Map<String, NDArray> batch = Map.of(
                    "input_ids", owner.create(new long[][] {{3, 14, 15}, {0, 9, 2}}),
                    "attention_mask", owner.create(new long[][] {{1, 1, 1}, {0, 1, 1}}));

            Map<String, NDArray> byStage =
                    new ForwardPass(network, Kernels.DEFAULT).run(owner, base.source(selection::parameter), batch);
            Map<String, NDArray> chained =
                    new ChainedPass(network, Kernels.DEFAULT).run(owner, base.source(selection::parameter), batch);

            assertThat(chained.keySet()).isEqualTo(byStage.keySet()).contains("logits");
            byStage.forEach((name, value) ->
                    assertThat(chained.get(name).toFloatArray()).as(name).isEqualTo(value.toFloatArray()));

            ChainedPass packing = new ChainedPass(network, Kernels.DEFAULT.packing());
            Map<String, NDArray> packed = packing.run(owner, base.source(selection::parameter), batch);

            assertThat(packedWeights(packing.network())).isNotEmpty();
            byStage.forEach((name, value) -> assertThat(
                            packed.get(name).sub(value).abs().max().getFloat())
                    .as(name)
                    .isLessThan(1e-5f));
        }
    }

    @Test
    void network_queriesKeysAndValuesOfPackedWeights_areOneProduct() throws IOException {
        try (BaseModel base = load("llama")) {
            Network packed = new ChainedPass(network(base, Selection.none()), Kernels.DEFAULT.packing()).network();

            assertThat(packedWeights(packed))
                    .map(PackedWeight::names)
                    .contains(
                            Stream.of("q", "k", "v")
                                    .map("model.layers.0.self_attn.%s_proj.weight"::formatted)
                                    .toList(),
                            Stream.of("gate", "up")
                                    .map("model.layers.0.mlp.%s_proj.weight"::formatted)
                                    .toList(),
                            List.of("model.layers.0.self_attn.o_proj.weight"));
        }
    }

    private static List<PackedWeight> packedWeights(Network network) {
        return network.stages().stream()
                .flatMap(stage -> stage.arguments().stream())
                .filter(PackedWeight.class::isInstance)
                .map(PackedWeight.class::cast)
                .toList();
    }

    @Test
    void run_inputThatIsMissing_isNamed() throws IOException {
        try (BaseModel base = load("llama");
                NDManager owner = base.newManager()) {
            ChainedPass pass = new ChainedPass(network(base, Selection.none()), Kernels.DEFAULT);
            Map<String, NDArray> batch = Map.of("input_ids", owner.create(new long[][] {{3}}));

            assertThatThrownBy(() -> pass.run(owner, base.source(Selection.none()::parameter), batch))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the batch has no attention_mask");
        }
    }

    @Test
    void new_networkThatDropsAtRandom_isRefused() throws IOException {
        try (BaseModel base = load("llama");
                Adapter adapter = Adapter.create(
                        base,
                        LoraConfig.builder(TargetModules.allLinear())
                                .dropout(0.5)
                                .build(),
                        1)) {
            Network network = base.record(
                    RecordingOptions.training(Selection.of(adapter).adaptation(), DType.FLOAT32, false),
                    (recorder, task) -> {});

            assertThatThrownBy(() -> new ChainedPass(network, Kernels.DEFAULT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("seed");
        }
    }

    private static Network network(BaseModel base, Selection selection) {
        return base.record(
                RecordingOptions.inference(selection.adaptation(), base.dtype(), false), (recorder, task) -> {});
    }

    private static BaseModel load(String model) throws IOException {
        return BaseModel.from(Goldens.folder("hf/%s/base".formatted(model)))
                .task(Task.causalLanguageModelling())
                .load();
    }
}
