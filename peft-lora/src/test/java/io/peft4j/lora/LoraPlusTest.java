package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.RateFactors;
import io.peft4j.train.TrainingStep;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoraPlusTest {

    /** The first step of AdamW goes as far as its rate, so B goes 8 times as far and everything else as far as before. */
    @Test
    void update_ratioOfEight_movesBEightTimesAsFar() {
        Map<String, float[]> usual = firstStep(RateFactors.NONE);
        Map<String, float[]> plus = firstStep(RateFactors.loraPlus(8));
        usual.forEach((name, moved) -> {
            float factor = name.contains("lora_B") ? 8 : 1;
            float[] expected = new float[moved.length];
            for (int i = 0; i < moved.length; i++) {
                expected[i] = factor * moved[i];
            }
            assertThat(plus.get(name)).as(name).containsExactly(expected, within(1e-6f));
        });
        assertThat(usual.keySet()).anyMatch(name -> name.contains("lora_B"));
    }

    @Test
    void factors_notPositive_areRefused() {
        assertThatThrownBy(() -> RateFactors.loraPlus(0)).hasMessageContaining("must be positive: 0.0");
    }

    private static Map<String, float[]> firstStep(RateFactors factors) {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter =
                        Adapter.create(base, LoraConfig.builder("query").rank(2).build(), 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1).rateFactors(factors)) {
            Map<String, float[]> before = values(adapter);
            step.accumulate(List.of(new Batch(List.of(Example.of(new int[] {1, 2, 3}, new int[3], 1)), 0)), 0);
            step.update(1e-2);
            Map<String, float[]> moved = new LinkedHashMap<>();
            values(adapter).forEach((name, after) -> {
                float[] change = new float[after.length];
                for (int i = 0; i < after.length; i++) {
                    change[i] = after[i] - before.get(name)[i];
                }
                moved.put(name, change);
            });
            return moved;
        }
    }

    private static Map<String, float[]> values(Adapter adapter) {
        Map<String, float[]> values = new LinkedHashMap<>();
        adapter.trainable()
                .names()
                .forEach(name -> values.put(name, adapter.parameter(name).toFloatArray()));
        return values;
    }
}
