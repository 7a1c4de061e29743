package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Example;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the rank budget remembers survives an interruption of training. */
class AdaLoraResumeTest {

    private static final PeftConfig CONFIG = AdaLoraConfig.builder(
                    new AdaLoraConfig.Schedule(2, 3, 2, 12), "query", "value")
            .rank(4)
            .targetRank(1)
            .build();

    @TempDir
    private Path folder;

    @Test
    void train_interruptedWhileTripletsAreDropped_equalsUninterruptedBitForBit() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter whole = Adapter.create(base, CONFIG, 1);
                Adapter begun = Adapter.create(base, CONFIG, 1);
                Adapter again = Adapter.create(base, CONFIG, 99)) {
            trainer(base, whole, options().build()).train(examples());
            assertThatThrownBy(() -> trainer(base, begun, checkpointed(false))
                            .listener(stoppingAfter(8))
                            .train(examples()))
                    .isInstanceOf(IllegalStateException.class);
            trainer(base, again, checkpointed(true)).train(examples());

            assertThat(again.trainable().flat().toFloatArray())
                    .containsExactly(whole.trainable().flat().toFloatArray());
            int dropped = 0;
            for (String name : whole.trainable().names()) {
                if (name.endsWith("lora_E")) {
                    String kept = name.replace("lora_E", "lora_kept");
                    float[] expected = whole.parameter(kept).toFloatArray();
                    assertThat(again.parameter(kept).toFloatArray()).containsExactly(expected);
                    for (float one : expected) {
                        dropped += one == 0 ? 1 : 0;
                    }
                }
            }
            assertThat(dropped).isEqualTo(4 * (4 - 1));
        }
    }

    private static Trainer trainer(BaseModel base, Adapter adapter, TrainingOptions options) {
        return new Trainer(base, adapter, options, 0);
    }

    private TrainingOptions checkpointed(boolean resume) {
        return options().build().checkpoint(new TrainingOptions.Checkpoint(folder, 3, resume));
    }

    private static TrainingOptions.Builder options() {
        return TrainingOptions.builder()
                .steps(12)
                .batchSize(3)
                .learningRate(1e-2)
                .seed(5);
    }

    private static TrainingListener stoppingAfter(int update) {
        return new TrainingListener() {
            @Override
            public void onStep(Progress progress) {
                if (progress.step() == update) {
                    throw new IllegalStateException("interrupted");
                }
            }
        };
    }

    private static List<Example> examples() {
        Random random = new Random(3);
        return IntStream.range(0, 9)
                .mapToObj(n -> Example.of(random.ints(4 + n, 1, 50).toArray(), new int[4 + n], n % 3))
                .toList();
    }
}
