package io.peft4j.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The numbers and tables were printed by scikit-learn 1.9.1 for the same labels. */
final class ClassificationReportTest {

    private static final List<String> NAMES =
            List.of("noun.act", "noun.animal", "noun.artifact", "noun.body", "noun.food");
    private static final int[] EXPECTED = {
        0, 1, 1, 0, 0, 1, 1, 2, 1, 0, 1, 0, 3, 1, 0, 1, 0, 0, 2, 1, 1, 3, 1, 1, 1, 2, 3, 0, 0, 2
    };
    private static final int[] PREDICTED = {
        0, 1, 2, 0, 2, 1, 1, 2, 1, 1, 1, 1, 0, 0, 0, 1, 0, 2, 1, 1, 1, 3, 1, 1, 2, 0, 2, 0, 1, 2
    };

    @Test
    void of_severalLabels_agreesWithScikitLearn() {
        ClassificationReport report = ClassificationReport.of(EXPECTED, PREDICTED, NAMES);

        assertThat(report.accuracy()).isCloseTo(0.6, within(1e-12));
        assertThat(report.macroF1()).isCloseTo(0.539983164983165, within(1e-12));
        assertThat(report.macro().precision()).isCloseTo(0.65625, within(1e-12));
        assertThat(report.macro().recall()).isCloseTo(0.5256410256410257, within(1e-12));
        assertThat(report.weighted().f1()).isCloseTo(0.6046576879910214, within(1e-12));
        assertThat(report.matthews()).isCloseTo(0.4130804441944039, within(1e-12));
    }

    @Test
    void labels_labelThatNeverOccurs_isLeftOut() {
        ClassificationReport report = ClassificationReport.of(EXPECTED, PREDICTED, NAMES);

        assertThat(report.labels()).extracting(LabelScores::label).doesNotContain("noun.food");
        assertThat(report.labels()).extracting(LabelScores::support).containsExactly(10, 13, 4, 3);
    }

    @Test
    void labels_labelOnlyPredicted_countsAsZero() {
        ClassificationReport report = ClassificationReport.of(new int[] {0, 0}, new int[] {0, 1}, NAMES);

        assertThat(report.macroF1()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(report.labels().get(1).scores()).isEqualTo(new Scores(0, 0, 0));
    }

    @Test
    void table_twoDigits_isScikitLearnsText() {
        assertThat(ClassificationReport.of(EXPECTED, PREDICTED, NAMES).table(2))
                .isEqualTo(
                        """
                                       precision    recall  f1-score   support

                             noun.act       0.62      0.50      0.56        10
                          noun.animal       0.71      0.77      0.74        13
                        noun.artifact       0.29      0.50      0.36         4
                            noun.body       1.00      0.33      0.50         3

                             accuracy                           0.60        30
                            macro avg       0.66      0.53      0.54        30
                         weighted avg       0.66      0.60      0.60        30
                        """);
    }

    @Test
    void table_valueOnATie_roundsAsPython() {
        assertThat(ClassificationReport.of(EXPECTED, PREDICTED, NAMES).table(4)).contains("macro avg     0.6562");
    }

    @Test
    void matthews_degenerateCases_agreeWithScikitLearn() {
        assertThat(matthews(new int[] {0, 0, 1}, new int[] {1, 1, 0})).isEqualTo(-1);
        assertThat(matthews(new int[] {0, 0}, new int[] {0, 0})).isZero();
        assertThat(matthews(new int[] {0, 1}, new int[] {0, 0})).isZero();
    }

    private static double matthews(int[] expected, int[] predicted) {
        return ClassificationReport.of(expected, predicted, NAMES).matthews();
    }

    @Test
    void of_differentNumbersOfRows_namesBoth() {
        assertThatThrownBy(() -> ClassificationReport.of(new int[2], new int[3], NAMES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 expected, 3 predicted");
    }

    @Test
    void of_noRows_isRefused() {
        assertThatThrownBy(() -> ClassificationReport.of(new int[0], new int[0], NAMES))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void of_indexThatIsNoLabel_namesRowAndRange() {
        assertThatThrownBy(() -> ClassificationReport.of(new int[] {0, 5}, new int[] {0, 0}, NAMES))
                .hasMessage("row 1: expected 5, predicted 0; labels are 0 to 4");
    }

    @Property(tries = 100)
    void of_perfectPrediction_scoresOne(@ForAll @Size(min = 1, max = 50) List<@IntRange(max = 4) Integer> labels) {
        int[] rows = labels.stream().mapToInt(i -> i).toArray();
        ClassificationReport report = ClassificationReport.of(rows, rows, NAMES);

        assertThat(report.accuracy()).isEqualTo(1);
        assertThat(report.macroF1()).isCloseTo(1, within(1e-12));
        assertThat(report.weighted().f1()).isCloseTo(1, within(1e-12));
    }

    @Property(tries = 100)
    void of_labelsRenumbered_scoresTheSame(
            @ForAll @Size(20) List<@IntRange(max = 4) Integer> expected,
            @ForAll @Size(20) List<@IntRange(max = 4) Integer> predicted) {
        List<String> backwards = new ArrayList<>(NAMES);
        Collections.reverse(backwards);
        ClassificationReport one = ClassificationReport.of(array(expected, false), array(predicted, false), NAMES);
        ClassificationReport two = ClassificationReport.of(array(expected, true), array(predicted, true), backwards);

        assertThat(two.accuracy()).isEqualTo(one.accuracy());
        assertThat(two.macroF1()).isCloseTo(one.macroF1(), within(1e-12));
        assertThat(two.matthews()).isCloseTo(one.matthews(), within(1e-12));
    }

    private static int[] array(List<Integer> labels, boolean mirrored) {
        return labels.stream()
                .mapToInt(i -> mirrored ? NAMES.size() - 1 - i : i)
                .toArray();
    }
}
