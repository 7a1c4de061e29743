package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The decision alone, with times that are given, not measured. */
class TrialTest {

    private static final Trial TRIAL = new Trial(3, 0.1);

    private final List<String> order = new ArrayList<>();

    @Test
    void winner_otherClearlyFaster_isTaken() {
        assertThat(winner(Map.of("safe", List.of(100L, 100L, 100L), "other", List.of(95L, 89L, 200L))))
                .isEqualTo("other");
    }

    @Test
    void winner_otherWithinTheMargin_safeIsKept() {
        assertThat(winner(Map.of("safe", List.of(100L, 100L, 100L), "other", List.of(91L, 90L, 95L))))
                .isEqualTo("safe");
    }

    @Test
    void winner_oneRoundDisturbed_decidesByTheShortest() {
        assertThat(winner(Map.of("safe", List.of(900L, 100L, 800L), "other", List.of(120L, 120L, 120L))))
                .isEqualTo("safe");
        assertThat(winner(Map.of("safe", List.of(100L, 100L, 100L), "other", List.of(900L, 80L, 900L))))
                .isEqualTo("other");
    }

    @Test
    void winner_severalOthers_fastestIsTaken() {
        assertThat(winner(Map.of(
                        "safe", List.of(100L, 100L, 100L),
                        "other", List.of(70L, 70L, 70L),
                        "third", List.of(60L, 90L, 90L))))
                .isEqualTo("third");
    }

    @Test
    void winner_anyCandidates_takeTurnsInBothOrders() {
        winner(Map.of("safe", List.of(1L, 1L, 1L), "other", List.of(1L, 1L, 1L)));

        assertThat(order).containsExactly("safe", "other", "other", "safe", "safe", "other");
    }

    @Test
    void winner_noOther_isTheSafeOneWithoutARun() {
        assertThat(winner(Map.of("safe", List.of()))).isEqualTo("safe");
        assertThat(order).isEmpty();
    }

    private String winner(Map<String, List<Long>> times) {
        Map<String, Iterator<Long>> left = new HashMap<>();
        times.forEach((name, list) -> left.put(name, list.iterator()));
        List<String> others = times.keySet().stream()
                .filter(name -> !name.equals("safe"))
                .sorted()
                .toList();
        return TRIAL.winner("safe", others, name -> {
            order.add(name);
            return left.get(name).next();
        });
    }
}
