package io.peft4j.ia3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TargetModules;
import io.peft4j.parity.ParityReport;
import io.peft4j.parity.ParityRun;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers of Hugging Face PEFT for (IA)³. */
class Ia3ParityTest {

    @ParameterizedTest
    @ValueSource(strings = {"hf/bert", "hf/roberta", "hf/distilbert", "hf/gpt2", "hf/llama", "hf457/t5"})
    void run_caseOfPeft_givesItsNumbers(String model) throws IOException {
        Path folder = Goldens.folder(model + "/ia3");
        try (BaseModel base = BaseModel.from(folder.resolveSibling("base")).load();
                Adapter adapter = AdapterFolder.open(folder).load(base)) {
            ParityReport report = ParityRun.run(
                    base,
                    Map.of(adapter.name(), adapter),
                    folder.resolve("io.safetensors"),
                    new ParityRun.Steps(3, 1e-2, 0.1, 1),
                    2e-5,
                    Optional.empty());

            assertThat(report.passes()).as(report.toString()).isTrue();
            assertThat(report.quantities()).hasSizeGreaterThan(10);
        }
    }

    @Test
    void settings_feedForwardThatIsNoTarget_areRefused() {
        assertThatThrownBy(() -> new Ia3Config(TargetModules.of(List.of("key")), List.of("dense")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be among the targets [key]");
    }
}
