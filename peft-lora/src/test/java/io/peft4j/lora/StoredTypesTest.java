package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.Selection;
import io.peft4j.io.Checkpoint;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.model.TaskType;
import io.peft4j.model.WeightStorage;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints in half precision, converted when they are loaded or in every use, compute the same. */
final class StoredTypesTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "hf/bert/lora_all, FLOAT16, FLOAT32",
        "hf/bert/lora, FLOAT16, BFLOAT16",
        "hf/bert/lora_bias, BFLOAT16, FLOAT32",
        "hf/gpt2/lora_save, FLOAT16, FLOAT32",
        "hf/bert/dora_emb, FLOAT16, FLOAT32",
        "hf/llama/lora_all, BFLOAT16, FLOAT32",
        "hf457/t5/lora_all, FLOAT16, FLOAT32",
    })
    void forwardAndTrain_weightsKept_areThoseOfConvertedWeights(String name, DType stored, DType computed)
            throws IOException {
        Path golden = Goldens.folder(name);
        write(golden.resolveSibling("base"), stored);

        Numbers converted = numbers(golden, WeightStorage.CONVERTED, computed);
        Numbers kept = numbers(golden, WeightStorage.KEPT, computed);

        assertThat(kept.logits()).isEqualTo(converted.logits());
        assertThat(kept.losses()).isEqualTo(converted.losses());
        assertThat(kept.bytes() * computed.bytes()).isEqualTo(converted.bytes() * stored.bytes());
        assertThat(converted.losses().get(2)).isLessThan(converted.losses().get(0));
    }

    @ParameterizedTest
    @CsvSource({"hf/bert/lora_all", "hf/bert/dora", "hf/gpt2/lora_all", "hf/llama/lora", "hf457/t5/lora_all"})
    void forwardAndTrain_weightsPacked_areThoseOfPlainWeights(String name) throws IOException {
        Path golden = Goldens.folder(name);
        write(golden.resolveSibling("base"), DType.FLOAT32);

        Numbers plain = numbers(golden, WeightStorage.CONVERTED, DType.FLOAT32);
        Numbers packed = numbers(golden, WeightStorage.PACKED, DType.FLOAT32);

        for (int i = 0; i < plain.logits().size(); i++) {
            assertThat(packed.logits().get(i)).isCloseTo(plain.logits().get(i), within(1e-4f));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(packed.losses().get(i)).isCloseTo(plain.losses().get(i), within(1e-4));
        }
    }

    @ParameterizedTest
    @CsvSource({"hf/gpt2, FLOAT16", "hf/llama, BFLOAT16"})
    void write_weightsKept_givesTheCheckpointBack(String name, DType stored) throws IOException {
        write(Goldens.folder(name + "/base"), stored);
        Path saved = folder.resolve("saved");
        try (BaseModel base = BaseModel.from(folder).weights(WeightStorage.KEPT).load()) {
            SavedModel.write(base, saved, folder);
        }
        Checkpoint before = Checkpoint.open(folder);
        Checkpoint after = Checkpoint.open(saved);
        try (NDManager scratch = NativeTensors.newManager(ai.djl.Device.cpu())) {
            for (String tensor : after.names()) {
                assertThat(after.info(tensor).dtype()).isEqualTo(stored);
                assertThat(NativeTensors.equal(after.tensor(scratch, tensor), before.tensor(scratch, tensor)))
                        .as(tensor)
                        .isTrue();
            }
        }
        assertThat(Files.readString(saved.resolve("config.json")))
                .contains("\"dtype\": \"%s\"".formatted(stored.name().toLowerCase(java.util.Locale.ROOT)));
    }

    @ParameterizedTest
    @CsvSource({"hf/bert/lora_all, FLOAT16", "hf/gpt2/lora_all, FLOAT16", "hf/bert/dora_emb, BFLOAT16"})
    void merge_weightsKept_roundsToTheStoredTypeAndComputesTheSame(String name, DType stored) throws IOException {
        Path golden = Goldens.folder(name);
        write(golden.resolveSibling("base"), stored);
        try (BaseModel base = BaseModel.from(folder).weights(WeightStorage.KEPT).load();
                Adapter adapter = AdapterFolder.open(golden).load(base);
                Merge merge = Merge.of(base, Selection.of(adapter))) {
            float[] adapted = logits(base, Selection.of(adapter));
            float[] merged = logits(merge.model(), Selection.none());
            float[] plain = logits(base, Selection.none());

            for (String weight : merge.model().weights().names()) {
                assertThat(merge.model().weights().dtype(weight)).isEqualTo(stored);
            }
            assertThat(difference(merged, adapted)).isLessThan(0.2 * difference(plain, adapted));
        }
    }

    private static double difference(float[] a, float[] b) {
        return java.util.stream.IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }

    private record Numbers(List<Float> logits, List<Double> losses, long bytes) {}

    private Numbers numbers(Path golden, WeightStorage storage, DType computed) throws IOException {
        try (BaseModel base = BaseModel.from(folder)
                        .precision(computed)
                        .weights(storage)
                        .load();
                Adapter adapter = AdapterFolder.open(golden).load(base);
                TrainingStep step = new TrainingStep(base, adapter, 0.1, 1)) {
            Batch batch = batch(base);
            List<Float> logits = new ArrayList<>();
            for (float logit : logits(base, Selection.of(adapter))) {
                logits.add(logit);
            }
            List<Double> losses = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                losses.add(step.accumulate(List.of(batch), i));
                step.update(1e-2);
            }
            return new Numbers(logits, losses, base.weights().bytes());
        }
    }

    private static float[] logits(BaseModel base, Selection selection) {
        try (NDManager scratch = base.newManager()) {
            Map<String, NDArray> inputs = batch(base).inputs(scratch);
            if (base.task().type() == TaskType.SEQ_2_SEQ_LM) {
                inputs.put("labels", scratch.create(new long[][] {{7, 11, 1}}));
            }
            return NativeTensors.toFloats(
                    selection.forward(base, scratch, inputs).get("logits"));
        }
    }

    private static Batch batch(BaseModel base) {
        int[] ids = {5, 9, 30, 12, 4};
        Example row =
                switch (base.task().type()) {
                    case SEQ_CLS -> Example.of(ids, new int[5], 1);
                    case SEQ_2_SEQ_LM -> Example.ofTarget(ids, new int[] {7, 11, 1});
                    default -> Example.ofTokens(ids, new int[5], ids);
                };
        return new Batch(List.of(row), 0);
    }

    private void write(Path base, DType stored) throws IOException {
        Files.copy(base.resolve("config.json"), folder.resolve("config.json"));
        Checkpoint original = Checkpoint.open(base);
        try (NDManager scratch = NativeTensors.newManager(ai.djl.Device.cpu())) {
            List<NamedTensor> tensors = new ArrayList<>();
            for (String name : original.names()) {
                tensors.add(new NamedTensor(
                        name, stored, NativeTensors.cast(scratch, original.tensor(scratch, name), stored)));
            }
            SafeTensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
        }
    }
}
