package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.Selection;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole schedule of the rank budget beside Hugging Face PEFT's: budgets, losses, masks, and what is saved. */
class AdaLoraScheduleTest {

    private static final Path CASE = Goldens.folder("hf/bert/adalora_final");

    @TempDir
    private Path folder;

    @Test
    void update_wholeSchedule_keepsTheTripletsOfPeft() throws IOException {
        try (BaseModel base = BaseModel.from(CASE.resolveSibling("base")).load();
                NDManager scratch = base.newManager();
                Adapter adapter = AdapterFolder.open(CASE.resolve("start")).load(base);
                TrainingStep step = new TrainingStep(base, adapter, 0.1, 1)) {
            List<Example> examples = examples(base);
            RankBudget budget = new RankBudget((AdaLoraConfig) adapter.config(), adapter, scratch);
            for (JsonElement element : JsonParser.parseString(Files.readString(CASE.resolve("masks.json")))
                    .getAsJsonArray()) {
                JsonObject expected = element.getAsJsonObject();
                int number = expected.get("step").getAsInt();
                double loss = step.accumulate(List.of(new Batch(examples, 0)), number);
                step.update(1e-2);

                assertThat(loss)
                        .as("loss %d", number)
                        .isCloseTo(expected.get("loss").getAsDouble(), within(2e-5));
                assertThat(budget.budget(number))
                        .as("budget %d", number)
                        .isEqualTo(expected.get("budget").getAsInt());
                Map<String, String> masks = new TreeMap<>();
                expected.getAsJsonObject("rank_pattern")
                        .entrySet()
                        .forEach(entry ->
                                masks.put(entry.getKey(), entry.getValue().toString()));
                assertThat(kept(adapter)).as("masks %d", number).isEqualTo(masks);
            }
            assertThat(logits(base, adapter, examples)).containsExactly(expectedLogits(base), within(1e-4f));

            AdapterFolder.save(adapter, base, folder);
            assertSavedAsByPeft();
            try (Adapter read = AdapterFolder.open(folder).load(base)) {
                assertThat(logits(base, read, examples))
                        .containsExactly(logits(base, adapter, examples), within(1e-6f));
                AdapterFolder.save(read, base, folder.resolve("again"));
            }
            for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
                assertThat(folder.resolve("again").resolve(file)).hasSameBinaryContentAs(folder.resolve(file));
            }
        }
    }

    private void assertSavedAsByPeft() throws IOException {
        JsonObject ours = PythonJson.read(folder.resolve("adapter_config.json"));
        JsonObject theirs = PythonJson.read(CASE.resolve("adapter_config.json"));
        // PEFT repeats the head's names there, and its sets have no order.
        ours.remove("modules_to_save");
        theirs.remove("modules_to_save");
        assertThat(ours.remove("target_modules").getAsJsonArray())
                .containsExactlyInAnyOrderElementsOf(
                        theirs.remove("target_modules").getAsJsonArray());
        assertThat(ours).isEqualTo(theirs);
        SafeTensorsFile own = SafeTensorsFile.open(folder.resolve("adapter_model.safetensors"));
        SafeTensorsFile reference = SafeTensorsFile.open(CASE.resolve("adapter_model.safetensors"));
        assertThat(own.tensors().stream().map(TensorInfo::name))
                .containsExactlyElementsOf(
                        reference.tensors().stream().map(TensorInfo::name).toList());
        try (NDManager manager = NDManager.newBaseManager()) {
            for (TensorInfo info : reference.tensors()) {
                assertThat(own.info(info.name()).shape()).isEqualTo(info.shape());
                assertThat(own.tensor(manager, info.name()).toFloatArray())
                        .as(info.name())
                        .containsExactly(reference.tensor(manager, info.name()).toFloatArray(), within(2e-4f));
            }
        }
    }

    /** A layer of which nothing is kept has tensors without elements in the file, and changes nothing. */
    @Test
    void stored_layerWithoutTriplets_isReadAndChangesNothing() throws IOException {
        AdaLoraConfig.Schedule schedule = new AdaLoraConfig.Schedule(0, 1, 1, 2);
        AdaLoraConfig config =
                AdaLoraConfig.builder(schedule, "query").rank(2).targetRank(1).build();
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.createWithoutHead(base, config, 1)) {
            String first = "bert.encoder.layer.0.attention.self.query.";
            String second = "bert.encoder.layer.1.attention.self.query.";
            set(adapter.parameter(first + "lora_E"), 3, 4);
            set(adapter.parameter(second + "lora_kept"), 0, 0);
            AdapterFolder.save(adapter, base, folder);
            SafeTensorsFile file = SafeTensorsFile.open(folder.resolve("adapter_model.safetensors"));
            assertThat(file.info("base_model.model." + second + "lora_A").shape())
                    .containsExactly(0L, 24L);
            try (Adapter read = AdapterFolder.open(folder).load(base)) {
                List<Example> examples = List.of(Example.of(new int[] {1, 2, 3}, new int[3], 0));
                assertThat(logits(base, read, examples)).containsExactly(logits(base, adapter, examples));
            }
        }
    }

    @Test
    void settings_outOfRange_saySo() {
        assertThatThrownBy(() -> new AdaLoraConfig.Schedule(5, 5, 1, 10))
                .hasMessageContaining("leave none of 10 to drop triplets in");
        assertThatThrownBy(() -> AdaLoraConfig.builder(new AdaLoraConfig.Schedule(0, 0, 1, 9), "query")
                        .rank(4)
                        .build())
                .hasMessageContaining("the rank in the end exceeds that at the start: 8 > 4");
        JsonObject json = JsonParser.parseString(
                        """
                        {"peft_type": "ADALORA", "target_modules": ["query"], "use_dora": true, "rank_pattern": {"a": [1]}}""")
                .getAsJsonObject();
        assertThatThrownBy(() -> new AdaLoraMethod().read(new ConfigFields(json, "file")))
                .hasMessageContaining("total_step is missing")
                .hasMessageContaining("rank_pattern must list true or false for layer.lora_E: a=[1]")
                .hasMessageContaining("use_dora is not supported");
    }

    private static void set(NDArray target, float... values) {
        try (NDArray source = target.getManager().create(values, target.getShape())) {
            NativeTensors.copy(target, source);
        }
    }

    private static Map<String, String> kept(Adapter adapter) {
        Map<String, String> kept = new TreeMap<>();
        boolean dropped = false;
        for (String name : adapter.trainable().names()) {
            if (name.endsWith(".lora_E")) {
                float[] ones =
                        adapter.parameter(name.replace("lora_E", "lora_kept")).toFloatArray();
                List<Boolean> list = new ArrayList<>();
                for (float one : ones) {
                    list.add(one == 1);
                    dropped |= one == 0;
                }
                kept.put(name, list.toString().replace(" ", ""));
            }
        }
        return dropped ? kept : Map.of();
    }

    private static List<Example> examples(BaseModel base) throws IOException {
        SafeTensorsFile io = SafeTensorsFile.open(CASE.resolve("io.safetensors"));
        List<Example> examples = new ArrayList<>();
        try (NDManager manager = base.newManager()) {
            long[] ids = io.tensor(manager, "input_ids").toLongArray();
            long[] mask = io.tensor(manager, "attention_mask").toLongArray();
            long[] labels = io.tensor(manager, "labels").toLongArray();
            int width = ids.length / labels.length;
            for (int row = 0; row < labels.length; row++) {
                int from = row * width;
                int length = (int) Arrays.stream(mask, from, from + width).sum();
                int[] text = Arrays.stream(ids, from, from + length)
                        .mapToInt(Math::toIntExact)
                        .toArray();
                examples.add(Example.of(text, new int[length], Math.toIntExact(labels[row])));
            }
        }
        return examples;
    }

    private static float[] expectedLogits(BaseModel base) throws IOException {
        try (NDManager manager = base.newManager()) {
            NDArray logits =
                    SafeTensorsFile.open(CASE.resolve("io.safetensors")).tensor(manager, "logits");
            return logits.toFloatArray();
        }
    }

    private static float[] logits(BaseModel base, Adapter adapter, List<Example> examples) {
        float[][] rows = new Inference(base, new BatchSampler(8, 0)).rows(Selection.of(adapter), examples, "logits");
        float[] flat = new float[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * rows[0].length, rows[0].length);
        }
        return flat;
    }
}
