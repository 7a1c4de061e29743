package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Ranks go where singular values are, within what one rank for all layers would cost. */
class RankAdviceTest {

    private static final String LAYER = "bert.encoder.layer.%d.attention.self.query";

    /** The update of one layer has rank 3, that of the other rank 1 and is small. */
    @Test
    void ofUpdate_layersOfKnownRank_givesEachWhatItNeeds() {
        LoraConfig config = LoraConfig.builder("query").rank(4).alpha(8).build();
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter trained = Adapter.createWithoutHead(base, config, 1)) {
            fill(trained, LAYER.formatted(0), 3, 1);
            fill(trained, LAYER.formatted(1), 1, 0.1f);

            RankAdvice advice = RankAdvice.ofUpdate(base, trained, 2);

            assertThat(advice.ranks())
                    .containsExactly(Map.entry(LAYER.formatted(0), 3), Map.entry(LAYER.formatted(1), 1));
            assertThat(advice.parameters()).isEqualTo(4 * (24 + 24));
            assertThat(advice.kept()).isCloseTo(1, within(1e-6));
            assertThat(advice.keptUniformly()).isLessThan(0.9);
            LoraConfig advised =
                    advice.applyTo(LoraConfig.builder("query").rank(2).alpha(4).build());
            try (Adapter adapter = Adapter.createWithoutHead(base, advised, 1)) {
                assertThat(adapter.trainable().size()).isEqualTo(advice.parameters());
            }
            assertThat(advised.patterns().alpha(LAYER.formatted(0), 4)).isEqualTo(6);
        }
    }

    /** No other ranks at that cost keep more of the gradient, whose singular values come from another decomposition. */
    @Test
    void ofGradient_anyModel_keepsMoreThanOneRankForAll() {
        LoraConfig config =
                LoraConfig.builder("query", "value", "dense").rank(3).build();
        List<Batch> batches = List.of(new Batch(examples(), 0));
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            RankAdvice advice = RankAdvice.ofGradient(base, config, batches);

            assertThat(advice.kept()).isGreaterThan(advice.keptUniformly()).isLessThanOrEqualTo(1);
            assertThat(advice.ranks().values()).allMatch(rank -> rank >= 1);
            try (Adapter uniform = Adapter.createWithoutHead(base, config, 1);
                    Adapter advised = Adapter.createWithoutHead(base, advice.applyTo(config), 1)) {
                assertThat(advised.trainable().size())
                        .isEqualTo(advice.parameters())
                        .isLessThanOrEqualTo(uniform.trainable().size());
            }
            assertThat(keptBy(base, config, batches)).isCloseTo(advice.keptUniformly(), within(1e-5));
        }
    }

    @Test
    void ofGradient_rankThatNoLayerHas_isRefused() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32)) {
            assertThatThrownBy(() -> RankAdvice.ofGradient(
                            base, LoraConfig.builder("query").rank(30).build(), List.of()))
                    .hasMessageContaining("rank 30 exceeds min(in, out) = 24");
        }
    }

    /** Returns the share that one rank keeps, from the traces of G·Gᵀ and its eigenvalues by power iteration. */
    private static double keptBy(BaseModel base, LoraConfig config, List<Batch> batches) {
        double kept = 0;
        double all = 0;
        try (Adapter full = Adapter.create(base, new FullFineTuning(), 0);
                TrainingStep step = new TrainingStep(base, full, 0, Double.POSITIVE_INFINITY);
                Adapter places = Adapter.createWithoutHead(base, config, 1)) {
            step.accumulate(batches, 0);
            for (String name : places.trainable().names()) {
                if (name.endsWith(LoraFactors.A)) {
                    var gradient = HostMatrices.read(step.gradients().get(name.replace(LoraFactors.A, ".weight")));
                    var square = gradient.mmul(gradient.transpose());
                    for (int i = 0; i < square.rows(); i++) {
                        all += square.getDouble(i, i);
                    }
                    var eigen = org.nd4j.linalg.eigen.Eigen.symmetricGeneralizedEigenvalues(square.dup());
                    double[] values = eigen.toDoubleVector();
                    java.util.Arrays.sort(values);
                    for (int i = 0; i < config.rank(); i++) {
                        kept += values[values.length - 1 - i];
                    }
                }
            }
        }
        return kept / all;
    }

    private static List<Example> examples() {
        return List.of(
                Example.of(new int[] {4, 8, 15, 16}, new int[4], 0),
                Example.of(new int[] {23, 42, 7}, new int[3], 2),
                Example.of(new int[] {1, 2, 3, 5, 9}, new int[5], 1));
    }

    /** Sets Δ to a diagonal of equal values. */
    private static void fill(Adapter adapter, String path, int rank, float value) {
        float[] a = new float[4 * 24];
        float[] b = new float[24 * 4];
        for (int i = 0; i < rank; i++) {
            a[i * 24 + i] = value;
            b[i * 4 + i] = 1;
        }
        try (NDManager scratch = adapter.trainable().flat().getManager().newSubManager()) {
            var targetA = adapter.parameter(path + LoraFactors.A);
            var targetB = adapter.parameter(path + LoraFactors.B);
            NativeTensors.copy(targetA, scratch.create(a, targetA.getShape()));
            NativeTensors.copy(targetB, scratch.create(b, targetB.getShape()));
        }
    }
}
