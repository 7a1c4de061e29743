package io.peft4j.adapterhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.bottleneck.NonLinearity;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
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

    @Test
    void create_encoderDecoder_isRefusedWithItsAttentions() throws IOException {
        try (BaseModel base = base("t5")) {
            assertThatThrownBy(() -> Adapter.create(base, "task", HubPrefixConfig.flat(4), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("encoder-decoders")
                    .hasMessageContaining("encoder.block.0.layer.0.SelfAttention");
        }
    }

    private static BaseModel base(String model) throws IOException {
        return BaseModel.from(Goldens.folder("adapterhub/%s/base".formatted(model)))
                .load();
    }
}
