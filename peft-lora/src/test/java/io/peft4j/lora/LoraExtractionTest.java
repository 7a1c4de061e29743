package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A LoRA is found again in the model that it was merged into, and of anything else the nearest one. */
class LoraExtractionTest {

    private static final LoraConfig CONFIG =
            LoraConfig.builder("query", "dense").rank(4).alpha(12).build();

    @Test
    void between_baseAndMergedLora_findsItAgain() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = noisy(base);
                Merge merge = Merge.of(base, Selection.of(adapter))) {
            LoraExtraction found = LoraExtraction.between(base, merge.model(), CONFIG);
            try (Adapter extracted = found.adapter()) {
                assertThat(found.relativeError()).isLessThan(1e-5);
                assertThat(found.left()).isEmpty();
                assertThat(logits(base, Selection.of(extracted)))
                        .containsExactly(logits(base, Selection.of(adapter)), within(2e-5f));
            }
        }
    }

    /** The error that is told is the one that is made, and no more than that of the largest singular values. */
    @Test
    void between_smallerRankAndOtherWeightsChanged_tellsBoth() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = noisy(base);
                Merge merge = Merge.of(base, Selection.of(adapter));
                NDManager manager = base.newManager()) {
            String bias = "bert.encoder.layer.1.output.LayerNorm.bias";
            NDArray other = NativeTensors.normal(manager, DType.FLOAT32, 5, 1, 24);
            try (BaseModel tuned = merge.model().with(Map.of(bias, other))) {
                LoraConfig smaller = CONFIG.toBuilder().rank(2).build();
                LoraExtraction found = LoraExtraction.between(base, tuned, smaller);
                try (Adapter extracted = found.adapter();
                        Merge again = Merge.of(base, Selection.of(extracted))) {
                    assertThat(found.left()).containsExactly(bias);
                    double lost = 0;
                    double all = 0;
                    for (String path : found.errors().keySet()) {
                        INDArray before = HostMatrices.read(base.weights().get(path + ".weight"));
                        INDArray delta = HostMatrices.read(tuned.weights().get(path + ".weight"))
                                .sub(before);
                        INDArray made = HostMatrices.read(
                                        again.model().weights().get(path + ".weight"))
                                .sub(before);
                        double error = delta.distance2(made);
                        Decompositions.Svd svd = Decompositions.svd(delta);
                        assertThat(error).as(path).isCloseTo(svd.tail(2), within(1e-5));
                        assertThat(found.errors().get(path)).isCloseTo(error / svd.tail(0), within(1e-5));
                        lost += error * error;
                        all += Math.pow(svd.tail(0), 2);
                    }
                    assertThat(found.errors()).hasSize(9);
                    assertThat(found.relativeError()).isCloseTo(Math.sqrt(lost / all), within(1e-5));
                    assertThat(found.relativeError()).isGreaterThan(0.1);
                }
            }
        }
    }

    @Test
    void between_otherModel_saysWhatDiffers() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                BaseModel other = TinyModels.llama(DType.FLOAT32)) {
            assertThatThrownBy(() -> LoraExtraction.between(base, other, CONFIG))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is not fine-tuned from")
                    .hasMessageContaining("missing bert.encoder.layer.0.attention.self.query.weight");
        }
    }

    private static Adapter noisy(BaseModel base) {
        Adapter adapter = Adapter.create(base, CONFIG, 1);
        try (NDManager manager = base.newManager()) {
            NDArray flat = adapter.trainable().flat();
            NDArray noise = NativeTensors.normal(manager, DType.FLOAT32, 3, 0.2, flat.size());
            NativeTensors.copy(flat, NativeTensors.add(manager, flat, noise));
        }
        return adapter;
    }

    private static float[] logits(BaseModel base, Selection selection) {
        List<Example> examples = List.of(Example.of(new int[] {4, 8, 15, 16, 23, 42}, new int[6], 0));
        return new Inference(base, new BatchSampler(8, 0)).rows(selection, examples, "logits")[0];
    }
}
