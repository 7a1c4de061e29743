package io.peft4j.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The numbers and the table were printed by seqeval at cd01b52 for the same tags. */
final class SpanF1Test {

    private static final List<List<String>> EXPECTED = rows(
            "O B-PER I-PER O B-LOC",
            "I-ORG I-ORG B-ORG O",
            "B-PER I-LOC I-LOC O I-PER B-PER",
            "O O",
            "B-LOC B-LOC I-LOC");
    private static final List<List<String>> PREDICTED = rows(
            "O B-PER I-PER O I-LOC",
            "B-ORG I-ORG I-ORG O",
            "B-PER I-PER I-LOC O I-PER I-PER",
            "O B-MISC",
            "B-LOC I-LOC I-LOC");

    private static List<List<String>> rows(String... rows) {
        return Stream.of(rows).map(row -> List.of(row.split(" "))).toList();
    }

    @Test
    void of_sloppyTags_agreesWithSeqeval() {
        SpanF1 spans = SpanF1.of(EXPECTED, PREDICTED);

        assertThat(spans.micro().f1()).isCloseTo(0.22222222222222224, within(1e-12));
        assertThat(spans.macro().f1()).isCloseTo(0.14285714285714288, within(1e-12));
        assertThat(spans.weighted().f1()).isCloseTo(0.2285714285714286, within(1e-12));
    }

    @Test
    void table_fourDigits_isSeqevalsText() {
        assertThat(SpanF1.of(EXPECTED, PREDICTED).table(4))
                .isEqualTo(
                        """
                                      precision    recall  f1-score   support

                                 LOC     0.3333    0.2500    0.2857         4
                                MISC     0.0000    0.0000    0.0000         0
                                 ORG     0.0000    0.0000    0.0000         2
                                 PER     0.3333    0.2500    0.2857         4

                           micro avg     0.2500    0.2000    0.2222        10
                           macro avg     0.1667    0.1250    0.1429        10
                        weighted avg     0.2667    0.2000    0.2286        10
                        """);
    }

    @Test
    void of_insideTagWithoutBegin_opensASpan() {
        assertThat(SpanF1.of(rows("O I-X I-X"), rows("O B-X I-X")).micro().f1()).isEqualTo(1);
    }

    @Test
    void of_noSpansAtAll_scoresZero() {
        assertThat(SpanF1.of(rows("O O"), rows("O O")).micro()).isEqualTo(new Scores(0, 0, 0));
    }

    @Test
    void of_rowsOfDifferentLength_namesTheRow() {
        assertThatThrownBy(() -> SpanF1.of(rows("O", "O O"), rows("O", "O")))
                .hasMessage("row 1: 2 expected tags, 1 predicted");
    }

    @Test
    void of_unknownTag_namesItsPlace() {
        assertThatThrownBy(() -> SpanF1.of(rows("O", "O S-X"), rows("O", "O O")))
                .hasMessage("row 1, tag 1: 'S-X' is none of O, B-type and I-type");
    }
}
