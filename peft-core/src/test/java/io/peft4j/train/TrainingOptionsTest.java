package io.peft4j.train;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingOptionsTest {

    static Stream<Arguments> wrong() {
        return Stream.of(
                wrong("epochs must be positive: 0", b -> b.epochs(0)),
                wrong("steps must not be negative: -1", b -> b.steps(-1)),
                wrong("batch size must be positive: 0", b -> b.batchSize(0)),
                wrong("accumulated passes must be positive: 0", b -> b.accumulate(0)),
                wrong("learning rate must be positive: 0.0", b -> b.learningRate(0)),
                wrong("learning rate must be positive: NaN", b -> b.learningRate(Double.NaN)),
                wrong("learning rate must be positive: Infinity", b -> b.learningRate(Double.POSITIVE_INFINITY)),
                wrong("warm-up ratio must be in [0, 1]: 1.5", b -> b.warmupRatio(1.5)),
                wrong("weight decay must not be negative: -0.1", b -> b.weightDecay(-0.1)),
                wrong("clip norm must be positive: 0.0", b -> b.clipNorm(0)));
    }

    private static Arguments wrong(String message, UnaryOperator<TrainingOptions.Builder> change) {
        return Arguments.of(message, change);
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void build_wrong_throws(String message, UnaryOperator<TrainingOptions.Builder> change) {
        assertThatThrownBy(() -> change.apply(TrainingOptions.builder()).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
