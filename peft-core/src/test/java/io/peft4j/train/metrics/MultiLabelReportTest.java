package io.peft4j.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The numbers follow from counting: right, predicted and expected are 2, 3, 2 for a, 1, 1, 2 for b, and 0, 1, 0 for c. */
class MultiLabelReportTest {

    private static final boolean[][] EXPECTED = {
        {true, true, false}, {true, false, false}, {false, true, false}, {false, false, false}
    };
    private static final boolean[][] PREDICTED = {
        {true, true, false}, {true, false, true}, {true, false, false}, {false, false, false}
    };

    @Test
    void of_severalLabels_countsEachForItself() {
        MultiLabelReport report = MultiLabelReport.of(EXPECTED, PREDICTED, List.of("a", "b", "c"));

        assertThat(report.rows()).isEqualTo(4);
        assertThat(report.accuracy()).isEqualTo(0.5);
        assertThat(report.micro().precision()).isCloseTo(3 / 5.0, within(1e-12));
        assertThat(report.micro().recall()).isCloseTo(3 / 4.0, within(1e-12));
        assertThat(report.micro().f1()).isCloseTo(6 / 9.0, within(1e-12));
        assertThat(report.macro().f1()).isCloseTo((4 / 5.0 + 2 / 3.0) / 3, within(1e-12));
        assertThat(report.weighted().f1()).isCloseTo((2 * 4 / 5.0 + 2 * 2 / 3.0) / 4, within(1e-12));
        assertThat(report.table(2)).contains("exact match", "micro avg");
    }

    @Test
    void of_differentNumbers_saysWhich() {
        assertThatThrownBy(() -> MultiLabelReport.of(EXPECTED, new boolean[0][], List.of("a", "b", "c")))
                .hasMessageContaining("4 expected, 0 predicted");
        assertThatThrownBy(() -> MultiLabelReport.of(EXPECTED, PREDICTED, List.of("a")))
                .hasMessageContaining("row 0: 3 expected, 3 predicted; there are 1 labels");
    }
}
