package io.peft4j.examples.wordnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.examples.compare.Split;
import io.peft4j.models.text.TextRow;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WordNetGlossesTest {

    private static WordNetGlosses nouns;
    private static WordNetGlosses verbs;

    @BeforeAll
    static void read() throws IOException {
        nouns = WordNetGlosses.nouns();
        verbs = WordNetGlosses.verbs();
    }

    @Test
    void nouns_all_haveOneOf26Labels() {
        assertThat(nouns.rows()).hasSize(82_192);
        assertThat(nouns.labels()).hasSize(26).contains("noun.Tops", "noun.animal", "noun.time");
        assertThat(Set.copyOf(nouns.rows().stream().map(TextRow::label).toList()))
                .isEqualTo(Set.copyOf(nouns.labels()));
    }

    @Test
    void verbs_all_haveOneOf15Labels() {
        assertThat(verbs.rows()).hasSize(13_789);
        assertThat(verbs.labels()).hasSize(15);
        assertThat(Set.copyOf(verbs.rows().stream().map(TextRow::label).toList()))
                .isEqualTo(Set.copyOf(verbs.labels()));
    }

    @Test
    void rows_order_isThatOfTheFile() {
        assertThat(nouns.rows().get(0))
                .isEqualTo(new TextRow(
                        "that which is perceived or known or inferred to have its own distinct existence "
                                + "(living or nonliving)",
                        "noun.Tops"));
        assertThat(verbs.rows().get(0))
                .isEqualTo(new TextRow("draw air into, and expel out of, the lungs", "verb.body"));
    }

    @Test
    void rows_texts_areDefinitionsWithoutExamples() {
        assertThat(Stream.of(nouns, verbs).flatMap(glosses -> glosses.rows().stream()))
                .noneMatch(row -> row.text().isBlank() || row.text().matches(".*[;:]\\s*\".*"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a solid food prepared from the pressed curd of milk | noun.food",
                "a person whose occupation is teaching | noun.person",
                "the emotion of great happiness | noun.feeling",
                "the second day of the week; the first working day | noun.time",
                "take in solid food | verb.consumption",
                "precipitate as rain | verb.weather",
            })
    void rows_everydayWord_hasItsClass(String text, String label) {
        assertThat(label.startsWith("noun") ? nouns.rows() : verbs.rows()).contains(new TextRow(text, label));
    }

    @Test
    void split_seed_decidesTheRows() {
        Split split = nouns.split(2500, 1000, 7);

        assertThat(split.train()).hasSize(2500);
        assertThat(split.dev()).hasSize(1000);
        assertThat(nouns.split(2500, 1000, 7)).isEqualTo(split);
        assertThat(nouns.split(2500, 1000, 8)).isNotEqualTo(split);
    }

    @Test
    void split_fewerTrainingRows_areTheFirstOfMore() {
        Split few = nouns.split(100, 1000, 7);
        Split many = nouns.split(2500, 1000, 7);

        assertThat(many.train()).startsWith(few.train().toArray(TextRow[]::new));
        assertThat(many.dev()).isEqualTo(few.dev());
    }

    @Test
    void split_allRows_shareNoText() {
        int texts = texts(nouns.rows()).size();
        Split split = nouns.split(texts - 5000, 5000, 1);

        Set<String> shared = texts(split.dev());
        shared.retainAll(texts(split.train()));
        assertThat(shared).isEmpty();
        assertThat(texts(split.train())).hasSize(split.train().size());
    }

    private static Set<String> texts(List<TextRow> rows) {
        return rows.stream().map(row -> row.text().toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    }

    @Test
    void split_tooManyRows_namesHowManyThereAre() {
        assertThatThrownBy(() -> verbs.split(13_000, 1_000, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("13000 training and 1000 other rows cannot be drawn from 13662; each must be positive");
    }
}
