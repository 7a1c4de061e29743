package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoders in BFLOAT16, whose numbers have eight bits, beside what PEFT computed in FLOAT32. */
class BfloatDecoderTest {

    private static final double NEAR = 0.05;

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "mistral", "qwen2", "qwen3"})
    void forwardTrainAndGenerate_bfloat16_staysNearFloat32(String model) throws IOException {
        Path golden = Goldens.folder("hf/%s/lora".formatted(model));
        SafeTensorsFile io = SafeTensorsFile.open(golden.resolve("io.safetensors"));
        try (BaseModel base = BaseModel.from(golden.resolveSibling("base"))
                        .precision(DType.BFLOAT16)
                        .load();
                Adapter adapter = AdapterFolder.open(golden).load(base);
                NDManager manager = base.newManager()) {
            float[] expected = io.tensor(manager, "logits").toFloatArray();
            NDArray logits = Selection.of(adapter)
                    .forward(
                            base,
                            manager,
                            Map.of(
                                    "input_ids", io.tensor(manager, "input_ids"),
                                    "attention_mask", io.tensor(manager, "attention_mask")))
                    .get("logits");
            assertThat(distance(NativeTensors.toFloats(logits), expected)).isLessThan(NEAR);

            assertThat(new Generator(base, 0)
                            .generate(
                                    Selection.of(adapter),
                                    new int[] {3, 4, 5},
                                    GenerationOptions.builder().maxNewTokens(6).build()))
                    .hasSize(6);

            assertThat(lossAfterTraining(base, adapter)).isLessThan(0.8);
        }
    }

    /** Returns ‖x − y‖/‖y‖. */
    private static double distance(float[] x, float[] y) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < y.length; i++) {
            difference += (x[i] - y[i]) * (double) (x[i] - y[i]);
            norm += y[i] * (double) y[i];
        }
        return Math.sqrt(difference / norm);
    }

    /** Returns the loss after some steps on one text, as a share of the first. */
    private static double lossAfterTraining(BaseModel base, Adapter adapter) {
        int[] ids = {5, 9, 13, 21, 34, 8, 3};
        Batch batch = new Batch(List.of(Example.ofTokens(ids, new int[ids.length], ids)), 0);
        try (TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            double first = 0;
            double last = 0;
            for (int i = 0; i < 12; i++) {
                last = step.accumulate(List.of(batch), i);
                first = i == 0 ? last : first;
                step.update(3e-2);
            }
            return last / first;
        }
    }
}
