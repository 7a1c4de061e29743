package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Merging into embeddings and output layers that are one tensor: what is computed stays, in memory and in files. */
class TiedMergeTest {

    private static final double TOLERANCE = 1e-5;

    private static final Map<String, String> EMBEDDINGS = Map.of(
            "llama", "model.embed_tokens",
            "gpt2", "transformer.wte",
            "t5", "shared");

    @TempDir
    private Path folder;

    static List<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        EMBEDDINGS.forEach((model, embedding) -> {
            String query =
                    Map.of("llama", "q_proj", "gpt2", "c_attn", "t5", "q").get(model);
            cases.add(Arguments.of(model, lora(embedding, query).build(), false));
            cases.add(Arguments.of(model, lora("lm_head", query).build(), false));
            cases.add(Arguments.of(model, lora(query).modulesToSave(embedding).build(), false));
            cases.add(Arguments.of(model, lora(query).modulesToSave("lm_head").build(), false));
            cases.add(Arguments.of(
                    model, lora(query).modulesToSave(embedding, "lm_head").build(), false));
            cases.add(Arguments.of(model, lora(query).build(), true));
            cases.add(Arguments.of(
                    model, lora(query).tokens(TrainedTokens.of(4, 16, 2)).build(), true));
            cases.add(Arguments.of(model, new FullFineTuning(), true));
        });
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void merge_embeddingOrOutputLayerAdapted_computesTheSame(String model, PeftConfig config, boolean tied)
            throws IOException {
        try (BaseModel base = model(model, DType.FLOAT32);
                Adapter adapter = Adapter.create(base, config, 0);
                NDManager manager = base.newManager()) {
            NDArray values = adapter.trainable().flat();
            NativeTensors.copy(
                    values,
                    NativeTensors.add(
                            manager, values, NativeTensors.normal(manager, DType.FLOAT32, 3, 0.2, values.size())));
            float[] adapted = logits(base, Selection.of(adapter));
            float[] before = logits(base, Selection.none());
            assertThat(difference(adapted, before)).isGreaterThan(0.01);

            try (Merge merge = Merge.of(base, Selection.of(adapter))) {
                SavedModel.write(merge.model(), folder, folder);

                assertThat(difference(logits(merge.model(), Selection.none()), adapted))
                        .isCloseTo(0, within(TOLERANCE));
                assertThat(merge.model().weights().ties().isEmpty()).isEqualTo(!tied);
                try (BaseModel read = BaseModel.from(folder).task(base.task()).load()) {
                    assertThat(difference(logits(read, Selection.none()), adapted))
                            .isCloseTo(0, within(TOLERANCE));
                    assertThat(read.weights().ties().isEmpty()).isEqualTo(!tied);
                }
            }
            assertThat(logits(base, Selection.none())).containsExactly(before);
        }
    }

    private static LoraConfig.Builder lora(String... targets) {
        return LoraConfig.builder(targets).rank(3).alpha(6);
    }

    private static BaseModel model(String name, DType dtype) {
        return switch (name) {
            case "llama" -> TinyModels.llama(dtype);
            case "gpt2" ->
                TinyModels.random(
                        Task.causalLanguageModelling(),
                        dtype,
                        """
                        {"model_type": "gpt2", "vocab_size": 50, "n_embd": 24, "n_layer": 2, "n_head": 3,
                         "n_positions": 20, "initializer_range": 0.2}""");
            default ->
                TinyModels.random(
                        Task.sequenceToSequence(),
                        dtype,
                        """
                        {"model_type": "t5", "vocab_size": 50, "d_model": 24, "d_kv": 8, "d_ff": 40, "num_layers": 2,
                         "num_heads": 3, "initializer_factor": 1, "decoder_start_token_id": 0}""");
        };
    }

    private static double difference(float[] a, float[] b) {
        double largest = 0;
        double scale = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
            scale = Math.max(scale, Math.abs(b[i]));
        }
        return largest / scale;
    }

    private static float[] logits(BaseModel model, Selection selection) {
        try (NDManager manager = model.newManager()) {
            Shape shape = new Shape(2, 3);
            NDArray ids = manager.create(new long[] {4, 8, 15, 16, 23, 42}, shape);
            NDArray mask = manager.create(new long[] {1, 1, 1, 1, 1, 0}, shape);
            return NativeTensors.toFloats(selection
                    .forward(model, manager, Map.of("input_ids", ids, "attention_mask", mask, "labels", ids))
                    .get("logits"));
        }
    }
}
