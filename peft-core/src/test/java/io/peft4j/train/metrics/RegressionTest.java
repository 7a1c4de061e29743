package io.peft4j.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** The numbers were printed by SciPy 1.17.1 for the same rows. */
final class RegressionTest {

    @Test
    void of_rowsWithTies_agreesWithSciPy() {
        double[] expected = {4, 0, 5, 5, 1, 5, 4, 2, 2, 0, 0, 3};
        double[] predicted = {6.8, -3.6, 7.3, 5.5, 0.3, 5.5, 3.3, 4.5, 2.3, -0.3, -0.3, 2.7};

        Regression regression = Regression.of(expected, predicted);

        assertThat(regression.rows()).isEqualTo(12);
        assertThat(regression.pearson()).isCloseTo(0.8974721326133968, within(1e-12));
        assertThat(regression.spearman()).isCloseTo(0.9179508160872542, within(1e-12));
    }

    @Test
    void of_risingCurve_hasRankCorrelationOne() {
        Regression regression = Regression.of(new double[] {1, 2, 3, 4}, new double[] {1, 10, 100, 1000});

        assertThat(regression.spearman()).isCloseTo(1, within(1e-12));
        assertThat(regression.pearson()).isLessThan(0.9);
    }

    @Test
    void of_constantPrediction_isNotANumber() {
        Regression regression = Regression.of(new double[] {1, 2, 3}, new double[] {2, 2, 2});

        assertThat(regression.pearson()).isNaN();
        assertThat(regression.spearman()).isNaN();
    }

    @Test
    void of_oneRow_isRefused() {
        assertThatThrownBy(() -> Regression.of(new double[1], new double[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least two: 1 expected, 1 predicted");
    }
}
