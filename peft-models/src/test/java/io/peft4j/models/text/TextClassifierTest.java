package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.adapter.Selection;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.model.Task;
import io.peft4j.models.minilm.MiniLm;
import io.peft4j.train.TrainingOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Linear probes over the embedded model. */
class TextClassifierTest {

    private static final List<String> LABELS = List.of("animal", "plant");

    private static TextClassifier model;

    @BeforeAll
    static void load() throws IOException {
        model = TextClassifier.from(MiniLm.folder()).labels(LABELS).load();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static List<TextRow> rows() {
        return IntStream.range(0, 12)
                .boxed()
                .flatMap(i -> List.of(
                        new TextRow("an animal with fur, number " + i, "animal"),
                        new TextRow("a green plant with leaves, number " + i, "plant"))
                        .stream())
                .toList();
    }

    private static Adapter trained() {
        Adapter adapter = model.adapt(new LinearProbe(), 1);
        model.train(
                adapter,
                rows(),
                List.of(),
                TrainingOptions.builder()
                        .epochs(3)
                        .batchSize(8)
                        .learningRate(5e-2)
                        .build());
        return adapter;
    }

    @Test
    void train_probe_separatesWhatIsDifferent() {
        try (Adapter adapter = trained()) {
            assertThat(model.evaluate(adapter, rows()).accuracy()).isGreaterThan(0.95);
            assertThat(model.predict(adapter, "a wild beast").label()).isEqualTo("animal");
        }
    }

    @Test
    void load_savedAdapter_predictsTheSameAndKnowsItsLabels(@TempDir Path folder) throws IOException {
        try (Adapter adapter = trained()) {
            model.save(adapter, folder);
            try (Adapter loaded = model.load(folder)) {
                assertThat(model.predict(loaded, "some oak tree")).isEqualTo(model.predict(adapter, "some oak tree"));
            }
        }
    }

    @Test
    void predict_emptyText_isClassifiedByItsSpecialTokens() {
        try (Adapter adapter = trained()) {
            Prediction prediction = model.predict(adapter, "");

            assertThat(prediction.scores().values().stream()
                            .mapToDouble(Double::doubleValue)
                            .sum())
                    .isBetween(1 - 1e-9, 1 + 1e-9);
        }
    }

    @Test
    void predict_batches_doNotChangeResults() {
        List<String> texts = rows().stream().map(TextRow::text).toList();
        try (Adapter adapter = trained()) {
            List<Prediction> large = model.predict(Selection.of(adapter), texts);
            List<Prediction> small = model.batchSize(5).predict(Selection.of(adapter), texts);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(small.get(i).label()).isEqualTo(large.get(i).label());
                assertThat(small.get(i).score())
                        .isBetween(large.get(i).score() - 1e-5, large.get(i).score() + 1e-5);
            }
        }
    }

    @Test
    void predict_newHeadWithoutAdapter_isRefused() {
        assertThatThrownBy(() -> model.predict(Selection.none(), List.of("a dog")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("are new and untrained");
    }

    @Test
    void train_unknownLabelInDev_namesLabelsAndRows() {
        List<TextRow> dev = List.of(new TextRow("an oak", "tree"), new TextRow("a fly", "insect"));
        try (Adapter adapter = model.adapt(new LinearProbe(), 1)) {
            assertThatThrownBy(() -> model.train(
                            adapter, rows(), dev, TrainingOptions.builder().build()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2 labels are not among those of the model")
                    .hasMessageContaining("insect (row 2), tree (row 1)")
                    .hasMessageContaining("it has [animal, plant]");
        }
    }

    @Test
    void train_noRows_throws() {
        try (Adapter adapter = model.adapt(new LinearProbe(), 1)) {
            assertThatThrownBy(() -> model.train(
                            adapter,
                            List.of(),
                            List.of(),
                            TrainingOptions.builder().build()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no training examples");
        }
    }

    @Test
    void examples_longTexts_areTruncatedAndSaidOnce() {
        String text = "an animal with fur and with teeth and with a tail ".repeat(20);
        TextClassifier narrow = model.truncatingAt(16);
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            for (int i = 0; i < 2; i++) {
                assertThat(narrow.examples(List.of(new TextRow(text, "animal"), new TextRow("a fern", "plant"))))
                        .extracting(example -> example.length())
                        .startsWith(16);
            }
        } finally {
            System.setErr(err);
        }
        assertThat(said.toString(StandardCharsets.UTF_8).lines())
                .filteredOn(line -> line.contains("truncated"))
                .singleElement()
                .asString()
                .contains("1 of 2 texts are longer than 16 tokens");
    }

    @Test
    void truncatingAt_moreThanTheModelHas_throws() {
        assertThatThrownBy(() -> model.truncatingAt(513))
                .hasMessage("maximum length must be in [1, 512], the positions of the model: 513");
        assertThatThrownBy(() -> model.truncatingAt(0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static void saveTiny(Task.Problem problem, Path folder) throws IOException {
        JsonObject config = PythonJson.read(MiniLm.folder().resolve("config.json"));
        config.addProperty("hidden_size", 24);
        config.addProperty("intermediate_size", 24);
        config.addProperty("num_hidden_layers", 1);
        Task task = Task.sequenceClassification(LABELS).withProblem(problem);
        try (BaseModel base = BaseModel.random(config).task(task).load()) {
            SavedModel.write(base, folder, MiniLm.folder());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Task.Problem.class,
            names = {"MULTI_LABEL_CLASSIFICATION", "REGRESSION"})
    void load_checkpointWhoseLogitsMeanSomethingElse_isRefused(Task.Problem problem, @TempDir Path folder)
            throws IOException {
        saveTiny(problem, folder);

        for (List<String> labels : List.of(List.<String>of(), LABELS, List.of("fauna", "flora"))) {
            assertThatThrownBy(() -> TextClassifier.from(folder).labels(labels).load())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(problem.fileName())
                    .hasMessageContaining("supports single_label_classification only");
        }
    }

    @Test
    void load_adapterOfAnotherProblem_isRefused(@TempDir Path folder) throws IOException {
        Path checkpoint = folder.resolve("base");
        saveTiny(Task.Problem.SINGLE_LABEL_CLASSIFICATION, checkpoint);
        Task several = Task.sequenceClassification(LABELS).withProblem(Task.Problem.MULTI_LABEL_CLASSIFICATION);
        try (BaseModel base = BaseModel.from(checkpoint).task(several).load();
                Adapter adapter = Adapter.create(base, new LinearProbe(), 1)) {
            AdapterFolder.save(adapter, base, folder.resolve("adapter"));
            AdapterFolder.open(folder.resolve("adapter")).load(base).close();
        }
        try (TextClassifier single = TextClassifier.from(checkpoint).load()) {
            assertThatThrownBy(() -> single.load(folder.resolve("adapter")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("was trained for multi_label_classification")
                    .hasMessageContaining("loaded for single_label_classification");
        }
    }
}
