package io.peft4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.adapter.Selection;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which token a decoder classifies a text by where its configuration names no token for padding. */
class LastTokenTest {

    @TempDir
    private Path folder;

    private BaseModel withoutPadding(String model) throws IOException {
        Path base = Goldens.folder(model + "/base");
        Files.copy(base.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        JsonObject config = PythonJson.read(base.resolve("config.json"));
        config.add("pad_token_id", JsonNull.INSTANCE);
        AtomicFile.write(folder.resolve("config.json"), PythonJson.format(config));
        return BaseModel.from(folder).load();
    }

    @ParameterizedTest
    @ValueSource(strings = {"variants/gpt2seq", "variants/llamaseq"})
    void forward_oneText_isClassifiedByItsLastToken(String model) throws IOException {
        try (BaseModel base = withoutPadding(model);
                NDManager manager = base.newManager()) {
            SafeTensorsFile io = SafeTensorsFile.open(Goldens.folder(model).resolve("base_io.safetensors"));
            float[] expected = io.tensor(manager, "logits").toFloatArray();
            long[] mask = io.tensor(manager, "attention_mask").toLongArray();
            int columns = mask.length / 3;
            for (int row = 0; row < 3; row++) {
                int length = (int)
                        Arrays.stream(mask, row * columns, (row + 1) * columns).sum();
                String cut = "%d:%d, :%d".formatted(row, row + 1, length);

                NDArray logits = Selection.none()
                        .forward(
                                base,
                                manager,
                                Map.of(
                                        "input_ids",
                                                io.tensor(manager, "input_ids").get(cut),
                                        "attention_mask",
                                                io.tensor(manager, "attention_mask")
                                                        .get(cut)))
                        .get("logits");

                assertThat(logits.toFloatArray())
                        .containsExactly(Arrays.copyOfRange(expected, 3 * row, 3 * row + 3), within(1e-5f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"variants/gpt2seq", "variants/llamaseq"})
    void forwardAndTraining_severalTexts_nameTheMissingToken(String model) throws IOException {
        List<Example> examples =
                List.of(Example.of(new int[] {3, 4}, new int[2], 0), Example.of(new int[] {5, 6, 7}, new int[3], 1));
        Batch batch = new Batch(examples, 0);
        try (BaseModel base = withoutPadding(model);
                Adapter probe = Adapter.create(base, new LinearProbe(), 1);
                TrainingStep step = new TrainingStep(base, probe, 0, 1);
                NDManager manager = base.newManager()) {
            assertThatThrownBy(() -> Selection.none().forward(base, manager, batch.inputs(manager)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("each of 2 texts")
                    .hasMessageContaining("no pad_token_id");
            assertThatThrownBy(() -> step.accumulate(List.of(batch), 1)).hasMessageContaining("no pad_token_id");
            assertThatThrownBy(() -> Selection.perRow(Selection.none(), Selection.of(probe))
                            .forward(base, manager, batch.inputs(manager)))
                    .hasMessageContaining("no pad_token_id");
        }
    }
}
