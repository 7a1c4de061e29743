package io.peft4j.examples.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static Row row(String method, double accuracy) {
        return new Row(
                method,
                method,
                new Row.Size(10, 0.1, 40),
                new Row.Quality(accuracy, accuracy, Double.NaN, List.of()),
                new Row.Cost(1, 1, 1, 1, 1),
                List.of());
    }

    @Test
    void relativeToFull_fullAnywhere_isTheYardstickOfAll() {
        List<Row> rows = Comparison.relativeToFull(List.of(row("lora", 0.4), row("full", 0.8), row("ia3", 0.6)));

        assertThat(rows).extracting(row -> row.quality().attainment()).containsExactly(0.5, 1.0, 0.6 / 0.8);
        assertThat(rows.get(0).returnOnInvestment()).isEqualTo(5);
    }

    @Test
    void relativeToFull_noFull_isNotANumber() {
        assertThat(Comparison.relativeToFull(List.of(row("lora", 0.4)))
                        .get(0)
                        .quality()
                        .attainment())
                .isNaN();
    }
}
