package io.peft4j.adapterhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.bottleneck.LeaveOut;
import io.peft4j.bottleneck.NonLinearity;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AdapterHub's prefixes: what they train, their files, and where they are refused. */
class HubPrefixTest {

    private static final HubPrefixConfig CONFIG = HubPrefixConfig.of(4)
            .encoder(new HubPrefixConfig.Encoder(false, 5, NonLinearity.GELU))
            .gate(HubPrefixConfig.Gate.SEPARATE);

    @Test
    void create_gatesOfTheirOwn_trainsNetworkAndTwoGatesPerLayer() throws IOException {
        try (BaseModel base = base("bert");
                Adapter adapter = Adapter.createWithoutHead(base, "task", CONFIG, 1)) {
            long network = 4 * 24 + (24 + 1) * 5 + (5 + 1) * 2 * 2 * 24;
            assertThat(adapter.trainable().size()).isEqualTo(network + 2 * 2 * 25);
        }
    }

    @Test
    void save_prefix_loadsEqual(@TempDir Path folder) throws IOException {
        try (BaseModel base = base("bert");
                Adapter adapter = Adapter.createWithoutHead(base, "task", CONFIG, 1)) {
            AdapterFolder.save(adapter, base, folder);
            try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
                assertThat(loaded.config()).isEqualTo(CONFIG);
                assertThat(loaded.trainable().flat().toFloatArray())
                        .containsExactly(adapter.trainable().flat().toFloatArray());
            }
        }
    }

    /** AdapterHub adds no distances to scores behind a layer without a prefix, so nothing here could compute the same. */
    @Test
    void create_layersLeftOutOfAnEncoderDecoder_isRefused() throws IOException {
        HubPrefixConfig config = new HubPrefixConfig(
                4,
                HubPrefixConfig.Encoder.DEFAULT,
                new HubPrefixConfig.Places(true, true, new LeaveOut(List.of(1))),
                HubPrefixConfig.Gate.NONE,
                0);
        try (BaseModel base = base("t5")) {
            assertThatThrownBy(() -> Adapter.create(base, "task", config, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("loses the distances")
                    .hasMessageContaining("[1]");
        }
    }

    /** Layers that are skipped have the distances of the base model, those before and after them count learned keys. */
    @Test
    void forward_allLayersSkippedInAnEncoderDecoder_isTheBaseModel() throws IOException {
        try (BaseModel base = base("t5");
                Adapter adapter = Adapter.create(base, "task", HubPrefixConfig.flat(4), 1);
                NDManager manager = base.newManager()) {
            Map<String, NDArray> inputs = Map.of(
                    "input_ids", manager.create(new long[] {5, 6, 7, 8, 9, 1}, new Shape(1, 6)),
                    "attention_mask", manager.create(new long[] {1, 1, 1, 1, 1, 1}, new Shape(1, 6)),
                    "labels", manager.create(new long[] {9, 8, 7, 1}, new Shape(1, 4)));
            Selection all = Selection.of(adapter);
            float[] expected = logits(Selection.none(), base, manager, inputs);

            assertThat(logits(all, base, manager, inputs)).isNotEqualTo(expected);
            assertThat(logits(all.skipLayers(List.of(0, 2)), base, manager, inputs))
                    .isNotEqualTo(expected);
            assertThat(logits(all.skipLayers(List.of(0, 1, 2, 3)), base, manager, inputs))
                    .containsExactly(expected, Offset.offset(1e-6f));
        }
    }

    private static float[] logits(Selection selection, BaseModel base, NDManager manager, Map<String, NDArray> inputs) {
        return NativeTensors.toFloats(selection.forward(base, manager, inputs).get("logits"));
    }

    private static BaseModel base(String model) throws IOException {
        return BaseModel.from(Goldens.folder("adapterhub/%s/base".formatted(model)))
                .load();
    }
}
