package io.peft4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogitsTest {

    @Test
    void largest_equalOnes_isTheFirst() {
        assertThat(Logits.largest(-3, 2, 1, 2)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void largest_notFinite_namesItAndItsPlace(float broken) {
        assertThatThrownBy(() -> Logits.largest(1, broken, 3))
                .isInstanceOf(ArithmeticException.class)
                .hasMessageStartingWith("logit 1 of 3 is " + broken);
    }
}
