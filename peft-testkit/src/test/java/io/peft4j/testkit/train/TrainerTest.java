package io.peft4j.testkit.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import io.peft4j.train.MeanLoss;
import io.peft4j.train.NonFiniteLossException;
import io.peft4j.train.Schedule;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import io.peft4j.train.TrainingStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrainerTest {

    private static final int VOCABULARY = 50;

    private BaseModel base;

    @BeforeEach
    void load() {
        base = TinyModels.bert(DType.FLOAT32);
    }

    @AfterEach
    void close() {
        base.close();
    }

    /** Texts of which the first token decides the label. */
    private static List<Example> examples(int count) {
        Random random = new Random(1);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] ids = random.ints(2 + random.nextInt(8), 10, VOCABULARY).toArray();
            ids[0] = 1 + i % 3;
            examples.add(Example.of(ids, new int[ids.length], i % 3));
        }
        return examples;
    }

    private Trainer trainer(Adapter adapter, TrainingOptions.Builder options) {
        return new Trainer(base, adapter, options.build(), 0);
    }

    private static float[] values(Adapter adapter) {
        return adapter.trainable().flat().toFloatArray();
    }

    private double accuracy(Adapter adapter, List<Example> examples) {
        int[] labels = new Inference(base, new BatchSampler(8, 0)).labels(Selection.of(adapter), examples);
        return IntStream.range(0, labels.length)
                        .filter(i -> labels[i] == examples.get(i).label())
                        .count()
                / (double) labels.length;
    }

    @Test
    void train_somethingLearnable_isLearned() {
        List<Example> examples = examples(60);
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            Trainer.Result result = trainer(
                            adapter,
                            TrainingOptions.builder().epochs(12).batchSize(10).learningRate(5e-3))
                    .train(examples);

            assertThat(result.losses()).hasSize(72);
            assertThat(result.losses().get(71)).isLessThan(result.losses().get(0) / 4);
            assertThat(result.examples()).isEqualTo(720);
            assertThat(accuracy(adapter, examples)).isGreaterThan(0.95);
        }
    }

    @Test
    void train_noExamples_throws() {
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            Trainer trainer = trainer(adapter, TrainingOptions.builder());
            assertThatThrownBy(() -> trainer.train(List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there are no training examples");
        }
    }

    @Test
    void train_lossThatIsNoNumber_stopsAndKeepsTheAdapterOfTheStepBefore() {
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            AtomicInteger last = new AtomicInteger();
            List<float[]> states = new ArrayList<>();
            Trainer trainer = trainer(
                            adapter,
                            TrainingOptions.builder()
                                    .epochs(3)
                                    .batchSize(10)
                                    .schedule(Schedule.CONSTANT)
                                    .learningRate(1e-3))
                    .listener(new TrainingListener() {
                        @Override
                        public void onStep(Progress progress) {
                            last.set(progress.step());
                            if (progress.step() == 4) {
                                NativeTensors.fill(adapter.parameter("classifier.bias"), Double.NaN);
                            }
                            states.add(values(adapter));
                        }
                    });

            assertThatThrownBy(() -> trainer.train(examples(60)))
                    .isInstanceOf(NonFiniteLossException.class)
                    .hasMessageContaining("step 5: the loss is NaN")
                    .hasMessageContaining("the adapter is as it was after step 4")
                    .extracting(e -> ((NonFiniteLossException) e).step())
                    .isEqualTo(5);
            assertThat(last).hasValue(4);
            assertThat(values(adapter)).containsExactly(states.get(3));
        }
    }

    @Test
    void train_scores_keepsTheBestEpoch() {
        double[] scores = {0.2, 0.9, 0.5};
        List<float[]> states = new ArrayList<>();
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            Trainer.Result result = trainer(
                            adapter,
                            TrainingOptions.builder().epochs(3).batchSize(10).learningRate(1e-3))
                    .keepBest(candidate -> {
                        states.add(values(candidate));
                        return scores[states.size() - 1];
                    })
                    .train(examples(20));

            assertThat(result.bestEpoch()).isEqualTo(2);
            assertThat(result.scores()).containsExactly(0.2, 0.9, 0.5);
            assertThat(values(adapter)).containsExactly(states.get(1)).isNotEqualTo(states.get(2));
        }
    }

    @Test
    void train_scoreThatIsNoNumber_losesToAnyNumber() {
        double[] scores = {Double.NaN, -0.5, Double.NaN};
        AtomicInteger epoch = new AtomicInteger();
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            Trainer.Result result = trainer(
                            adapter,
                            TrainingOptions.builder().epochs(3).batchSize(10).learningRate(1e-3))
                    .keepBest(candidate -> scores[epoch.getAndIncrement()])
                    .train(examples(20));

            assertThat(result.bestEpoch()).isEqualTo(2);
        }
    }

    @Test
    void train_moreUpdatesThanCanBeCounted_isRefusedAndChangesNothing() {
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            float[] before = values(adapter);
            Trainer trainer = trainer(
                            adapter,
                            TrainingOptions.builder().epochs(Integer.MAX_VALUE).batchSize(10))
                    .keepBest(candidate -> 1);

            assertThatThrownBy(() -> trainer.train(examples(20)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("take fewer epochs");
            assertThat(values(adapter)).containsExactly(before);
        }
    }

    /** The first label of a text has nothing that it could be predicted from, so it neither counts nor divides. */
    @Test
    void loss_firstTokenLabelled_isThatWithoutItsLabel() {
        int[] ids = {3, 4, 5, 6};
        try (BaseModel decoder = TinyModels.llama(DType.FLOAT32)) {
            double[] nats = new double[2];
            for (int i = 0; i < 2; i++) {
                int[] labels = ids.clone();
                labels[0] = i == 0 ? ids[0] : Example.IGNORED;
                List<Example> texts = List.of(Example.ofTokens(ids, new int[4], labels));
                MeanLoss loss = MeanLoss.of(decoder, Selection.none(), new BatchSampler(1, 0), texts);
                assertThat(loss.tokens()).isEqualTo(3);
                try (Adapter adapter = Adapter.create(decoder, new FullFineTuning(), 1);
                        TrainingStep step = new TrainingStep(decoder, adapter, 0, 1)) {
                    nats[i] = step.accumulate(List.of(new Batch(texts, 0)), 1);
                }
                assertThat(nats[i]).isCloseTo(loss.nats(), within(1e-5));
            }
            assertThat(nats[0]).isEqualTo(nats[1]);
        }
    }

    /** The mean is over all labels of an update, so two passes of four rows are one of eight. */
    @Test
    void accumulate_twoBatches_giveTheGradientOfOneLargeBatch() {
        List<Example> examples = examples(8);
        float[] whole = gradient(List.of(new Batch(examples, 0)));
        float[] parts = gradient(List.of(new Batch(examples.subList(0, 5), 0), new Batch(examples.subList(5, 8), 0)));

        assertThat(distance(parts, whole)).isLessThan(1e-6);
        assertThat(distance(gradient(List.of(new Batch(examples.subList(0, 5), 0))), whole))
                .isGreaterThan(1e-3);
    }

    private float[] gradient(List<Batch> batches) {
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            step.accumulate(batches, 0);
            return step.gradients().flat().toFloatArray();
        }
    }

    @Test
    void train_warmupFromZero_leavesTheFirstStepWithoutEffect() {
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            float[] before = values(adapter);
            List<Double> rates = new ArrayList<>();
            List<float[]> states = new ArrayList<>();
            trainer(
                            adapter,
                            TrainingOptions.builder()
                                    .steps(4)
                                    .batchSize(10)
                                    .learningRate(1e-3)
                                    .warmupRatio(0.5))
                    .listener(new TrainingListener() {
                        @Override
                        public void onStep(Progress progress) {
                            rates.add(progress.learningRate());
                            states.add(values(adapter));
                        }
                    })
                    .train(examples(40));

            assertThat(rates).containsExactly(0.0, 0.5e-3, 1e-3, 0.5e-3);
            assertThat(states.get(0)).containsExactly(before);
            assertThat(states.get(1)).isNotEqualTo(before);
        }
    }

    @Test
    void train_inSeveralThreads_givesWhatEachAloneGives() throws Exception {
        float[] alone = trainAndPredict(1);
        float[] other = trainAndPredict(2);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<float[]>> jobs = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                long seed = 1L + i % 2;
                jobs.add(() -> trainAndPredict(seed));
            }
            List<Future<float[]>> results = threads.invokeAll(jobs);
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).containsExactly(i % 2 == 0 ? alone : other);
            }
        } finally {
            threads.shutdown();
        }
        assertThat(distance(alone, other)).isGreaterThan(1e-4);
    }

    /** Trains a few steps and computes logits between them. */
    private float[] trainAndPredict(long seed) {
        List<Example> examples = examples(24);
        Inference inference = new Inference(base, new BatchSampler(8, 0));
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), seed)) {
            List<Float> seen = new ArrayList<>();
            trainer(
                            adapter,
                            TrainingOptions.builder()
                                    .steps(6)
                                    .batchSize(8)
                                    .learningRate(1e-3)
                                    .seed(seed))
                    .listener(new TrainingListener() {
                        @Override
                        public void onStep(Progress progress) {
                            float[][] rows = inference.rows(Selection.of(adapter), examples, "logits");
                            Arrays.stream(rows).forEach(row -> seen.add(row[0]));
                        }
                    })
                    .train(examples);
            float[] flat = new float[seen.size()];
            for (int i = 0; i < flat.length; i++) {
                flat[i] = seen.get(i);
            }
            return flat;
        }
    }

    @Test
    void progress_ofEveryStep_tellsRateAndTimeLeft() {
        List<TrainingListener.Progress> steps = new ArrayList<>();
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            trainer(adapter, TrainingOptions.builder().epochs(2).batchSize(10))
                    .listener(new TrainingListener() {
                        @Override
                        public void onStep(Progress progress) {
                            steps.add(progress);
                        }
                    })
                    .train(examples(25));
        }

        assertThat(steps).hasSize(6).allMatch(progress -> progress.steps() == 6);
        assertThat(steps).allMatch(progress -> progress.examplesPerSecond() > 0);
        assertThat(steps.get(5).secondsLeft()).isEqualTo(0, within(1e-9));
        assertThat(steps.get(0).secondsLeft()).isPositive();
    }

    private static double distance(float[] a, float[] b) {
        assertThat(a).hasSameSizeAs(b);
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }

    @Test
    void train_probe_givesTheSameWhateverItsCacheHolds() {
        List<Example> examples = examples(60);
        List<float[]> trained = new ArrayList<>();
        for (long limit : new long[] {-1, 0, 4000}) {
            TrainingOptions.Builder options =
                    TrainingOptions.builder().epochs(3).batchSize(10).learningRate(5e-2);
            try (Adapter adapter = Adapter.create(base, new LinearProbe(), 1)) {
                trainer(adapter, limit < 0 ? options : options.activationCache(limit))
                        .train(examples);
                trained.add(values(adapter));
            }
        }
        assertThat(trained.get(1)).isEqualTo(trained.get(0));
        assertThat(trained.get(2)).isEqualTo(trained.get(0));
    }

    @Test
    void train_budgetBelowAnyStep_isRefusedBeforeAnythingMoves() {
        try (Adapter adapter = Adapter.create(base, new FullFineTuning(), 1)) {
            float[] before = values(adapter);
            Trainer trainer = trainer(adapter, TrainingOptions.builder().activationBudget(1));

            assertThatThrownBy(() -> trainer.train(examples(6))).isInstanceOf(IllegalArgumentException.class);
            assertThat(values(adapter)).isEqualTo(before);
        }
    }
}
