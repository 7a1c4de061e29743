package io.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Example;
import io.peft4j.train.Schedule;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import io.peft4j.train.TrainingOptions.Checkpoint;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training that is interrupted and goes on is training that was not interrupted. */
class ResumeTest {

    private static final int UPDATES = 14;

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    private static final class Interruption extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    static Stream<PeftConfig> configs() {
        return Stream.of(
                PTuningConfig.of(4),
                PTuningConfig.of(4).encoder(new LstmEncoder(OptionalInt.of(5), 2, 0.3)),
                PrefixTuningConfig.projected(3),
                PromptTuningConfig.builder(2).build(),
                PromptTuningConfig.builder(2)
                        .reparameterization(new Reparameterization.Residual(5))
                        .build());
    }

    private static List<Example> examples(int count) {
        return IntStream.range(0, count)
                .mapToObj(n -> PromptRuns.text(4 + n % 7, n))
                .toList();
    }

    /** 20 texts in batches of 3, two for an update: 4 updates an epoch, the last of an odd batch. */
    private static TrainingOptions options(double rate) {
        return TrainingOptions.builder()
                .steps(UPDATES)
                .batchSize(3)
                .accumulate(2)
                .learningRate(rate)
                .schedule(Schedule.COSINE)
                .warmupRatio(0.3)
                .weightDecay(0.1)
                .seed(5)
                .build();
    }

    private Trainer trainer(Adapter adapter, TrainingOptions options) {
        // A score that depends on the parameters, so that the best epoch is none of the first or last by design.
        return new Trainer(base, adapter, options, 0)
                .keepBest(
                        candidate -> Math.sin(1e4 * candidate.trainable().flat().toFloatArray()[0]));
    }

    private static TrainingListener stoppingAfter(int update) {
        return new TrainingListener() {
            @Override
            public void onStep(Progress progress) {
                if (progress.step() == update) {
                    throw new Interruption();
                }
            }
        };
    }

    private void interrupt(PeftConfig config, Path folder, int every, int after) {
        try (Adapter adapter = Adapter.create(base, config, 1)) {
            TrainingOptions kept = options(1e-2).checkpoint(new Checkpoint(folder, every, false));
            assertThatThrownBy(() -> trainer(adapter, kept)
                            .listener(stoppingAfter(after))
                            .train(examples(20)))
                    .isInstanceOf(Interruption.class);
        }
    }

    private static TrainingOptions resumed(Path folder) {
        return options(1e-2).checkpoint(new Checkpoint(folder, 3, true));
    }

    @ParameterizedTest
    @MethodSource("configs")
    void train_interruptedTwice_equalsUninterruptedBitForBit(PeftConfig config, @TempDir Path folder) {
        interrupt(config, folder, 3, 8); // The state is that after update 6, in the middle of an epoch.
        try (Adapter again = Adapter.create(base, config, 99)) {
            assertThatThrownBy(() -> trainer(again, resumed(folder))
                            .listener(stoppingAfter(13))
                            .train(examples(20)))
                    .isInstanceOf(Interruption.class);
        }
        try (Adapter whole = Adapter.create(base, config, 1);
                Adapter last = Adapter.create(base, config, 98)) {
            Trainer.Result expected = trainer(whole, options(1e-2)).train(examples(20));
            Trainer.Result actual = trainer(last, resumed(folder)).train(examples(20));

            assertThat(last.trainable().flat().toFloatArray())
                    .containsExactly(whole.trainable().flat().toFloatArray());
            assertThat(actual.losses()).isEqualTo(expected.losses()).hasSize(UPDATES);
            assertThat(actual.scores()).isEqualTo(expected.scores()).hasSize(4);
            assertThat(actual.bestEpoch()).isEqualTo(expected.bestEpoch());
            assertThat(actual.examples()).isLessThan(expected.examples() / 3);
        }
    }

    @Test
    void train_stateOfTrainingThatIsOver_givesWhatItEndedWith(@TempDir Path root) {
        Path folder = root.resolve("not/there/yet");
        try (Adapter whole = Adapter.create(base, PTuningConfig.of(4), 1);
                Adapter again = Adapter.create(base, PTuningConfig.of(4), 2)) {
            trainer(whole, options(1e-2).checkpoint(new Checkpoint(folder, 0, false)))
                    .train(examples(20));
            Trainer.Result nothing = trainer(again, resumed(folder)).train(examples(20));
            assertThat(again.trainable().flat().toFloatArray())
                    .containsExactly(whole.trainable().flat().toFloatArray());
            assertThat(nothing.examples()).isZero();
            assertThat(nothing.examplesPerSecond()).isZero();
        }
    }

    @Test
    void train_stateOfAnotherRun_isRefusedWithAllThatDiffers(@TempDir Path folder) {
        interrupt(PTuningConfig.of(4), folder, 2, 5);
        TrainingOptions other = options(2e-2).checkpoint(new Checkpoint(folder, 2, true));
        try (Adapter adapter = Adapter.create(base, PTuningConfig.of(5), 1)) {
            float[] before = adapter.trainable().flat().toFloatArray();
            assertThatThrownBy(() -> trainer(adapter, other).train(examples(21)))
                    .hasMessageContaining(Checkpoint.FILE)
                    .hasMessageContaining("learning_rate was 0.01 and is 0.02")
                    .hasMessageContaining("rows was 20 and is 21")
                    .hasMessageContaining("data was")
                    .hasMessageContaining("settings was")
                    .hasMessageContaining("parameter.prompt_encoder.embedding.weight must be FLOAT32 [5, 24]");
            assertThat(adapter.trainable().flat().toFloatArray()).containsExactly(before);
        }
    }

    @Test
    void train_noState_isAClearError(@TempDir Path folder) {
        try (Adapter adapter = Adapter.create(base, PTuningConfig.of(4), 1)) {
            assertThatThrownBy(() -> trainer(adapter, resumed(folder)).train(examples(20)))
                    .hasMessageContaining("there is no state of training to go on from")
                    .hasMessageContaining(Checkpoint.FILE);
        }
    }

    @Test
    void train_stateThatIsCut_isRefused(@TempDir Path folder) throws IOException {
        interrupt(PTuningConfig.of(4), folder, 2, 5);
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve(Checkpoint.FILE).toFile(), "rw")) {
            file.setLength(file.length() - 9);
        }
        try (Adapter adapter = Adapter.create(base, PTuningConfig.of(4), 1)) {
            assertThatThrownBy(() -> trainer(adapter, resumed(folder)).train(examples(20)))
                    .hasMessageContaining(Checkpoint.FILE);
        }
    }

    @Test
    void save_besideAState_isAFolderThatLoads(@TempDir Path folder) throws IOException {
        interrupt(PTuningConfig.of(4), folder, 2, 5);
        try (Adapter adapter = PromptRuns.trained(base, PTuningConfig.of(4), 1)) {
            AdapterFolder.save(adapter, base, folder);
            assertThat(Files.exists(folder.resolve(Checkpoint.FILE))).isTrue();
            AdapterFolder.open(folder).load(base).close();
        }
    }
}
