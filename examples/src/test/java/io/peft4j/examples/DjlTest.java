package io.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.djl.AdaptedBlock;
import io.peft4j.lora.LoraConfig;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.models.minilm.MiniLm;
import io.peft4j.models.text.Prediction;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.models.text.TextRow;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.prompt.PromptTuningConfig;
import io.peft4j.testkit.TinyModels;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** DJL's own Trainer and Predictor with models of this library. */
class DjlTest {

    private static final List<String> LABELS = List.of("act", "animal", "plant");
    private static final PeftConfig LORA =
            LoraConfig.builder("query", "value").rank(4).alpha(8).build();

    private static List<TextRow> rows() {
        return IntStream.range(0, 16)
                .boxed()
                .flatMap(i -> List.of(
                        new TextRow("an animal with fur, number " + i, "animal"),
                        new TextRow("a green plant with leaves, number " + i, "plant"),
                        new TextRow("to run away fast, number " + i, "act"))
                        .stream())
                .toList();
    }

    @Test
    void easyTrain_block_trainsTheAdapter() throws IOException, TranslateException {
        try (TextClassifier classifier =
                        TextClassifier.from(MiniLm.folder()).labels(LABELS).load();
                Adapter adapter = classifier.adapt(LORA, 1);
                Model model = Model.newInstance("adapted", "PyTorch")) {
            model.setBlock(AdaptedBlock.of(classifier.base(), adapter));
            DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                    .optOptimizer(Optimizer.adamW()
                            .optLearningRateTracker(Tracker.fixed(5e-3f))
                            .build());
            double before = classifier.evaluate(adapter, rows()).accuracy();
            try (Trainer trainer = model.newTrainer(config);
                    NDManager data = model.getNDManager().newSubManager()) {
                trainer.initialize(new Shape(16, 12), new Shape(16, 12), new Shape(16, 12));
                EasyTrain.fit(trainer, 5, dataset(data, classifier), null);
            }

            assertThat(before).isLessThan(0.8);
            assertThat(classifier.evaluate(adapter, rows()).accuracy()).isGreaterThan(0.9);
        }
    }

    private static ArrayDataset dataset(NDManager manager, TextClassifier classifier) {
        var inputs = new Batch(classifier.examples(rows()), 0)
                .trainingInputs(manager, classifier.base().task(), 1);
        return new ArrayDataset.Builder()
                .setData(inputs.get("input_ids"), inputs.get("attention_mask"), inputs.get("token_type_ids"))
                .optLabels(inputs.get("labels"))
                .setSampling(16, true)
                .build();
    }

    @Test
    void predictor_translator_givesThePredictionsOfTheClassifier() throws IOException, TranslateException {
        List<String> texts = List.of("a dog", "", "some much longer text about trees and leaves");
        try (TextClassifier classifier =
                        TextClassifier.from(MiniLm.folder()).labels(LABELS).load();
                Adapter adapter = classifier.adapt(LORA, 1);
                Model model = Model.newInstance("adapted", "PyTorch")) {
            model.setBlock(AdaptedBlock.of(classifier.base(), noisy(classifier.base(), adapter)));
            try (Predictor<String, Classifications> predictor = model.newPredictor(classifier.translator())) {
                List<Classifications> together = predictor.batchPredict(texts);
                for (int i = 0; i < texts.size(); i++) {
                    Prediction expected = classifier.predict(adapter, texts.get(i));
                    for (Classifications actual : List.of(together.get(i), predictor.predict(texts.get(i)))) {
                        assertThat(actual.best().getClassName()).isEqualTo(expected.label());
                        assertThat(actual.best().getProbability())
                                .isBetween(expected.score() - 1e-5, expected.score() + 1e-5);
                    }
                }
            }
        }
    }

    @Test
    void predictor_promptAndLongText_leavesThePromptItsPositions() throws IOException, TranslateException {
        String text = "a green plant with many leaves ".repeat(30);
        try (TextClassifier classifier =
                        TextClassifier.from(MiniLm.folder()).labels(LABELS).load();
                Adapter adapter = classifier.adapt(
                        PromptTuningConfig.builder(
                                        classifier.base().architecture().maxLength() - 40)
                                .build(),
                        1);
                Model model = Model.newInstance("adapted", "PyTorch")) {
            model.setBlock(AdaptedBlock.of(classifier.base(), adapter));
            try (Predictor<String, Classifications> predictor = model.newPredictor(classifier.translator())) {
                Prediction expected = classifier.predict(adapter, text);
                assertThat(predictor.predict(text).best().getProbability())
                        .isBetween(expected.score() - 1e-5, expected.score() + 1e-5);
            }
        }
    }

    static List<PeftConfig> configs() {
        return List.of(LORA, new FullFineTuning());
    }

    @ParameterizedTest
    @MethodSource("configs")
    void backward_ofDjl_givesTheDerivedGradients(PeftConfig config) {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = noisy(base, Adapter.create(base, config, 3));
                Model model = Model.newInstance("adapted", "PyTorch");
                NDManager manager = base.newManager()) {
            AdaptedBlock block = AdaptedBlock.of(base, adapter);
            model.setBlock(block);
            Batch batch = batch();
            var inputs = batch.trainingInputs(manager, base.task(), batch.rows());
            Loss loss = Loss.softmaxCrossEntropyLoss();
            try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(loss));
                    GradientCollector collector = trainer.newGradientCollector()) {
                NDList data =
                        new NDList(inputs.get("input_ids"), inputs.get("attention_mask"), inputs.get("token_type_ids"));
                collector.backward(loss.evaluate(new NDList(inputs.get("labels")), trainer.forward(data)));
            }
            try (TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
                step.accumulate(List.of(batch), 0);
                for (var entry : block.getParameters()) {
                    Parameter parameter = entry.getValue();
                    float[] actual = parameter.getArray().getGradient().toFloatArray();
                    float[] expected = step.gradients().get(parameter.getName()).toFloatArray();
                    assertThat(relative(actual, expected))
                            .as(parameter.getName())
                            .isLessThan(1e-3);
                }
            }
        }
    }

    private static double relative(float[] actual, float[] expected) {
        double difference = 0;
        double largest = 1e-3; // A bias of keys has no gradient but rounding.
        for (int i = 0; i < expected.length; i++) {
            difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        return difference / largest;
    }

    @Test
    void of_modelWithoutLabels_saysThatItClassifies() throws IOException {
        try (BaseModel base = BaseModel.from(MiniLm.folder())
                        .task(Task.featureExtraction())
                        .load();
                Adapter adapter = Adapter.create(base, LORA, 1)) {
            assertThatThrownBy(() -> AdaptedBlock.of(base, adapter))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("load it with labels");
        }
    }

    @Test
    void forward_wrongInputs_listsAllProblems() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, LORA, 1);
                Model model = Model.newInstance("adapted", "PyTorch");
                NDManager manager = base.newManager()) {
            model.setBlock(AdaptedBlock.of(base, adapter));
            NDArray ids = manager.create(new float[] {1, 2, 3}, new Shape(1, 3));
            NDArray mask = manager.create(new long[] {1, 1}, new Shape(1, 2));
            try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()))) {
                assertThatThrownBy(() -> trainer.forward(new NDList(ids, mask)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("input_ids must be INT64 (1, 3): float32")
                        .hasMessageContaining("attention_mask must be INT64 (1, 3): int64 (1, 2)");
            }
        }
    }

    @Test
    void clear_ofTheBlock_leavesBaseAndAdapterOpen() {
        try (BaseModel base = TinyModels.bert(DType.FLOAT32);
                Adapter adapter = Adapter.create(base, LORA, 1);
                NDManager manager = base.newManager()) {
            try (Model model = Model.newInstance("adapted", "PyTorch")) {
                model.setBlock(AdaptedBlock.of(base, adapter));
            }
            assertThat(Selection.of(adapter).forward(base, manager, batch().inputs(manager)))
                    .containsKey("logits");
        }
    }

    private static Batch batch() {
        Random random = new Random(5);
        List<Example> examples = new ArrayList<>();
        for (int length : new int[] {9, 5, 7}) {
            examples.add(Example.of(random.ints(length, 1, 50).toArray(), new int[length], examples.size()));
        }
        return new Batch(examples, 0);
    }

    private static Adapter noisy(BaseModel base, Adapter adapter) {
        Random random = new Random(11);
        float[] values = adapter.trainable().flat().toFloatArray();
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.1 * random.nextGaussian());
        }
        try (NDManager scratch = base.newManager()) {
            NativeTensors.copy(adapter.trainable().flat(), scratch.create(values));
        }
        return adapter;
    }
}
