package io.peft4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Selection;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What parts of a checkpoint and wrong configurations do to a T5. */
class T5Test {

    private static final Path FOLDER = Goldens.folder("hf457/t5");

    @Test
    void load_encoderAlone_leavesOutTheDecoder() throws IOException {
        try (BaseModel base = BaseModel.from(FOLDER.resolve("base"))
                        .task(Task.featureExtraction())
                        .load();
                NDManager manager = base.newManager()) {
            assertThat(base.weights().names()).noneMatch(name -> name.startsWith("decoder."));
            Map<String, ai.djl.ndarray.NDArray> results = Selection.none()
                    .forward(
                            base,
                            manager,
                            new Batch(List.of(Example.of(new int[] {3, 4, 5}, new int[3], 0)), 0).inputs(manager));
            assertThat(results.get("vector").getShape().getShape()).containsExactly(1, 24);
        }
    }

    @Test
    void load_wrongConfiguration_listsAll() throws IOException {
        JsonObject config = PythonJson.read(FOLDER.resolve("base/config.json"));
        config.addProperty("feed_forward_proj", "gated-maxout");
        config.addProperty("relative_attention_num_buckets", 30);
        config.remove("d_kv");

        assertThatThrownBy(() -> BaseModel.random(config).load())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "feed_forward_proj must be one of [gated-gelu",
                        ": gated-maxout",
                        "relative_attention_num_buckets must be a multiple of 4: 30",
                        "d_kv is missing");
    }

    @Test
    void load_taskWithoutHead_saysWhichThereAre() {
        assertThatThrownBy(() -> BaseModel.from(FOLDER.resolve("base"))
                        .task(Task.causalLanguageModelling())
                        .load())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("t5 has no head for CAUSAL_LM", TaskType.SEQ_2_SEQ_LM.name());
    }
}
