package io.peft4j.train;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ExampleTest {

    @Test
    void of_tokensBelowZero_areNamed() {
        assertThatThrownBy(() -> Example.of(new int[] {3, -1}, new int[2], 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tokens are at least 0: [3, -1]");
    }
}
