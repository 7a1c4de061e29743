package io.peft4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.generate.TokenListener;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What sources of different lengths, parts of a checkpoint and wrong configurations do to a T5. */
class T5Test {

    private static final Path FOLDER = Goldens.folder("hf457/t5");

    @Test
    void generate_sourcesOfDifferentLengths_eachIsAsIfAlone() throws IOException {
        List<int[]> sources = List.of(new int[] {3, 14, 15, 9, 26, 5}, new int[] {35}, new int[] {8, 9, 7});
        try (BaseModel base = load();
                Adapter adapter = AdapterFolder.open(FOLDER.resolve("lora")).load(base)) {
            Generator generator = new Generator(base, 0);
            GenerationOptions options =
                    GenerationOptions.builder().maxNewTokens(80).build();

            List<int[]> together = generator.generate(Selection.of(adapter), sources, options, TokenListener.NONE);

            for (int row = 0; row < sources.size(); row++) {
                assertThat(together.get(row))
                        .hasSize(80)
                        .containsExactly(generator.generate(Selection.of(adapter), sources.get(row), options));
            }
            List<int[]> without = generator.generate(Selection.none(), sources, options, TokenListener.NONE);
            assertThat(together).usingRecursiveComparison().isNotEqualTo(without);
        }
    }

    @Test
    void accumulate_targetsOfDifferentLengths_givesTheMeanOverAllTheirTokens() throws IOException {
        Example shorter = Example.ofTarget(new int[] {3, 4, 5}, new int[] {6, 1});
        Example longer = Example.ofTarget(new int[] {7, 8}, new int[] {9, 10, 11, 12, 1});
        try (BaseModel base = load();
                Adapter adapter = AdapterFolder.open(FOLDER.resolve("lora")).load(base);
                TrainingStep step = new TrainingStep(base, adapter, 0, Double.POSITIVE_INFINITY)) {
            double together = step.accumulate(List.of(new Batch(List.of(shorter, longer), 0)), 0);
            double first = step.accumulate(List.of(new Batch(List.of(shorter), 0)), 0);
            double second = step.accumulate(List.of(new Batch(List.of(longer), 0)), 0);

            assertThat(together).isCloseTo((2 * first + 5 * second) / 7, org.assertj.core.data.Offset.offset(1e-5));
        }
    }

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
                        .task(Task.sequenceClassification(List.of("a", "b")))
                        .load())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("t5 has no head for SEQ_CLS", TaskType.SEQ_2_SEQ_LM.name());
    }

    private static BaseModel load() throws IOException {
        return BaseModel.from(FOLDER.resolve("base")).load();
    }
}
