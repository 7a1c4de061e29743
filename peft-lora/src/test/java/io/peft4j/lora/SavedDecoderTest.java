package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.Selection;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of decoders that are written and read again: turned weights, tied embeddings. */
class SavedDecoderTest {

    @TempDir
    private Path folder;

    @Test
    void write_mergedGpt2WithAnOutputLayerOfItsOwn_readsBackEqualAndUntied() throws IOException {
        Path golden = Goldens.folder("hf/gpt2/lora_save");
        try (BaseModel base = BaseModel.from(golden.resolveSibling("base")).load();
                Adapter adapter = AdapterFolder.open(golden).load(base);
                Merge merge = Merge.of(base, Selection.of(adapter))) {
            SavedModel.write(merge.model(), folder, folder);

            SafeTensorsFile file = SafeTensorsFile.open(folder.resolve("model.safetensors"));
            assertThat(file.info("transformer.h.0.attn.c_attn.weight").shape()).containsExactly(24L, 72L);
            assertThat(file.info("lm_head.weight").shape()).containsExactly(67L, 24L);
            assertThat(PythonJson.read(folder.resolve("config.json"))
                            .get("tie_word_embeddings")
                            .getAsBoolean())
                    .isFalse();
            try (BaseModel read = BaseModel.from(folder).load()) {
                assertThat(logits(read)).containsExactly(logits(merge.model()));
                assertThat(logits(read)).isNotEqualTo(logits(base));
            }
        }
    }

    @Test
    void write_tiedLlama_hasTheEmbeddingOnce() throws IOException {
        try (BaseModel base = TinyModels.llama(DType.FLOAT32)) {
            SavedModel.write(base, folder, folder);

            assertThat(SafeTensorsFile.open(folder.resolve("model.safetensors")).tensors())
                    .noneMatch(tensor -> tensor.name().startsWith("lm_head"));
            try (BaseModel read = BaseModel.from(folder).load()) {
                assertThat(logits(read)).containsExactly(logits(base));
                assertThat(read.parameterCount()).isEqualTo(base.parameterCount());
            }
        }
    }

    @Test
    void merge_allWeightsTrained_staysTied() throws IOException {
        try (BaseModel base = TinyModels.llama(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, new FullFineTuning(), 0)) {
            assertThat(adapter.trainable().names())
                    .contains("model.embed_tokens.weight")
                    .doesNotContain("lm_head.weight");
            NativeTensors.fill(adapter.parameter("model.embed_tokens.weight"), 0.03);
            try (Merge merge = Merge.of(base, Selection.of(adapter))) {
                SavedModel.write(merge.model(), folder, folder);

                try (BaseModel read = BaseModel.from(folder).load();
                        NDManager manager = base.newManager()) {
                    float[] adapted = NativeTensors.toFloats(Selection.of(adapter)
                            .forward(base, manager, inputs(manager))
                            .get("logits"));
                    assertThat(logits(read)).containsExactly(adapted);
                    assertThat(read.weights().ties()).containsKey("lm_head.weight");
                }
            }
        }
    }

    private static float[] logits(BaseModel model) {
        try (NDManager manager = model.newManager()) {
            return NativeTensors.toFloats(
                    Selection.none().forward(model, manager, inputs(manager)).get("logits"));
        }
    }

    private static Map<String, ai.djl.ndarray.NDArray> inputs(NDManager manager) {
        Shape shape = new Shape(2, 3);
        return Map.of(
                "input_ids", manager.create(new long[] {4, 8, 15, 16, 23, 42}, shape),
                "attention_mask", manager.create(new long[] {1, 1, 1, 1, 1, 0}, shape));
    }
}
