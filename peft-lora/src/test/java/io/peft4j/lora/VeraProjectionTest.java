package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VeraProjectionTest {

    /** PEFT drew the factors of this case from the same seed, so they must be equal to the last bit. */
    @Test
    void create_sameKey_drawsTheFactorsThatPeftDraws() throws IOException {
        Path folder = Goldens.folder("hf/bert/vera");
        try (BaseModel base = BaseModel.from(folder.resolveSibling("base")).load();
                Adapter read = AdapterFolder.open(folder).load(base);
                Adapter fresh = Adapter.create(base, read.config(), 0)) {
            for (String factor : new String[] {VeraProjection.A, VeraProjection.B}) {
                assertThat(fresh.parameter(factor).toFloatArray())
                        .containsExactly(read.parameter(factor).toFloatArray());
            }
        }
    }

    @Test
    void save_withoutProjection_leavesTheFactorsOutAndDrawsThemAgain(@TempDir Path folder) throws IOException {
        VeraConfig config = VeraConfig.builder("query")
                .rank(4)
                .projection(new VeraConfig.Projection(3, false))
                .build();
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, config, 1)) {
            AdapterFolder.save(adapter, base, folder);
            assertThat(AdapterFolder.open(folder).tensors())
                    .noneMatch(tensor -> tensor.name().contains("vera_A"))
                    .anyMatch(tensor -> tensor.name().contains("vera_lambda_d"));
            try (Adapter read = AdapterFolder.open(folder).load(base)) {
                assertThat(read.parameter(VeraProjection.B).toFloatArray())
                        .containsExactly(adapter.parameter(VeraProjection.B).toFloatArray())
                        .doesNotContain(0);
            }
        }
    }
}
