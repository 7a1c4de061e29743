package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LokrShapeTest {

    /** The examples of PEFT's own {@code factorization}. */
    @ParameterizedTest
    @CsvSource({
        "256, -1, 16, 16",
        "128, -1, 8, 16",
        "127, -1, 1, 127",
        "128, 4, 4, 32",
        "768, -1, 24, 32",
        "12, 5, 3, 4"
    })
    void of_size_splitsAsPeft(long size, int factor, long first, long second) {
        LokrShape shape = LokrShape.of(size, size, 4, factor, false);
        assertThat(shape.l()).isEqualTo(first);
        assertThat(shape.k()).isEqualTo(second);
    }

    @Property
    void of_anySize_splitsIntoDivisors(
            @ForAll @IntRange(min = 1, max = 5000) int out, @ForAll @IntRange(min = 1, max = 100) int factor) {
        LokrShape shape = LokrShape.of(out, 7, 4, factor, false);
        assertThat(shape.l() * shape.k()).isEqualTo(out);
        assertThat(shape.l()).isLessThanOrEqualTo(factor);
    }
}
