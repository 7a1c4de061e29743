package io.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {

    /** What get_linear_schedule_with_warmup and its like of transformers 5.18 give for 10 steps, 3 of them warm-up. */
    @ParameterizedTest
    @CsvSource({
        "LINEAR, 0, 0",
        "LINEAR, 1, 0.3333333333333333",
        "LINEAR, 3, 1",
        "LINEAR, 4, 0.8571428571428571",
        "LINEAR, 9, 0.14285714285714285",
        "COSINE, 2, 0.6666666666666666",
        "COSINE, 3, 1",
        "COSINE, 4, 0.9504844339512095",
        "COSINE, 9, 0.04951556604879048",
        "CONSTANT, 1, 0.3333333333333333",
        "CONSTANT, 9, 1"
    })
    void factor_tenSteps_isThatOfHuggingFace(Schedule schedule, int step, double expected) {
        assertThat(schedule.factor(step, 10, 3)).isEqualTo(expected, within(1e-15));
    }

    @Property(tries = 200)
    void factor_anyStep_isAFactorThatFallsAfterWarmup(
            @ForAll Schedule schedule,
            @ForAll @IntRange(min = 1, max = 500) int steps,
            @ForAll @IntRange(max = 500) int warmup,
            @ForAll @IntRange(max = 500) int step) {
        double now = schedule.factor(step, steps, warmup);
        double next = schedule.factor(step + 1, steps, warmup);

        assertThat(now).isBetween(0.0, 1.0);
        if (step + 1 < warmup) {
            assertThat(next).isGreaterThan(now);
        } else if (step >= warmup && step < steps) {
            assertThat(next).isLessThanOrEqualTo(now);
        }
    }
}
