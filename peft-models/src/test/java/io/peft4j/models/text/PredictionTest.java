package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class PredictionTest {

    private static final List<String> LABELS = List.of("a", "b", "c");

    @Test
    void of_equalLogits_isTheFirstLabelAsInReports() {
        Prediction prediction = Prediction.of("text", new float[] {0, 2, 2}, LABELS);

        assertThat(prediction.label()).isEqualTo("b");
        double share = 1 / (2 + Math.exp(-2));
        assertThat(prediction.score()).isCloseTo(share, within(1e-12));
        assertThat(prediction.scores().get("c")).isCloseTo(share, within(1e-12));
    }

    @Test
    void of_brokenLogits_isRefused() {
        assertThatThrownBy(() -> Prediction.of("text", new float[] {Float.NaN, 0, 0}, LABELS))
                .isInstanceOf(ArithmeticException.class);
    }
}
