package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.adapter.Selection;
import io.peft4j.models.minilm.MiniLm;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Linear probes over the embedded model. */
class TokenClassifierTest {

    private static final List<String> TAGS = List.of("B-PER", "I-PER", "O");
    private static final TrainingListener SILENT = new TrainingListener() {};

    private static TokenClassifier model;

    @BeforeAll
    static void load() throws IOException {
        model = TokenClassifier.from(MiniLm.folder()).labels(TAGS).load();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static List<TaggedRow> rows() {
        return IntStream.range(0, 8)
                .boxed()
                .flatMap(i -> List.of(
                        row("Anna Smith sleeps", "B-PER I-PER O"),
                        row("the green tree is unbelievably tall", "O O O O O O"),
                        row("we met Peter Jones", "O O B-PER I-PER"))
                        .stream())
                .toList();
    }

    private static TaggedRow row(String words, String tags) {
        return new TaggedRow(List.of(words.split(" ", -1)), List.of(tags.split(" ", -1)));
    }

    private static TrainingOptions options() {
        return TrainingOptions.builder()
                .epochs(8)
                .batchSize(8)
                .learningRate(2e-2)
                .build();
    }

    /** WordPiece splits "unbelievably" into un ##bel ##ie ##va ##bly; only the first piece carries the label. */
    @Test
    void examples_wordOfSeveralPieces_labelsTheFirstAlone() {
        Example example =
                model.examples(List.of(row("Anna unbelievably", "B-PER O"))).get(0);
        long[] labels;
        try (var manager = model.base().newManager()) {
            labels = new Batch(List.of(example), 0)
                    .trainingInputs(manager, model.base().task(), 1)
                    .get("labels")
                    .toLongArray();
        }

        assertThat(labels).hasSizeGreaterThan(5).startsWith(-100, 0, 2, -100).endsWith(-100);
        assertThat(Arrays.stream(labels).filter(label -> label == -100)).hasSize(labels.length - 2);
    }

    @Test
    void train_probe_findsSpansAndBatchesDoNotMatter() {
        try (Adapter adapter = model.adapt(new LinearProbe(), 1)) {
            model.train(adapter, rows(), rows(), options(), SILENT);
            Selection selection = Selection.of(adapter);
            List<List<String>> words = rows().stream().map(TaggedRow::tokens).toList();

            assertThat(model.evaluate(selection, rows()).micro().f1()).isGreaterThan(0.9);
            assertThat(model.predict(selection, List.of(List.of("Anna", "Jones", "sleeps"))))
                    .containsExactly(List.of("B-PER", "I-PER", "O"));
            assertThat(model.batchSize(1).predict(selection, words)).isEqualTo(model.predict(selection, words));
        }
    }

    @Test
    void predict_wordsBehindTheLongestText_areOutside() {
        try (Adapter adapter = model.adapt(new LinearProbe(), 1)) {
            model.train(adapter, rows(), List.of(), options(), SILENT);
            List<String> words = List.of("Anna", "Smith", "Anna", "Smith");

            List<String> tags = model.truncatingAt(4)
                    .predict(Selection.of(adapter), List.of(words))
                    .get(0);

            assertThat(tags).containsExactly("B-PER", "I-PER", "O", "O");
        }
    }

    @Test
    void predict_newHeadWithoutAdapter_isRefused() {
        assertThatThrownBy(() -> model.predict(Selection.none(), List.of(List.of("Anna"))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("are new and untrained");
    }

    @Test
    void train_wrongTags_areNamedBeforeAnythingMoves() {
        try (Adapter adapter = model.adapt(new LinearProbe(), 1)) {
            float[] before = adapter.trainable().flat().toFloatArray();
            assertThatThrownBy(() -> model.train(adapter, List.of(row("a b", "O B-LOC")), List.of(), options(), SILENT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("B-LOC (row 1)");
            assertThatThrownBy(() -> model.train(
                            adapter, rows(), List.of(new TaggedRow(List.of("a"), List.of())), options(), SILENT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("every row needs tags");
            assertThatThrownBy(() -> model.train(adapter, rows(), List.of(row("a", "NOUN")), options(), SILENT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'NOUN' is none of O, B-type and I-type");
            assertThat(adapter.trainable().flat().toFloatArray()).isEqualTo(before);
        }
    }
}
