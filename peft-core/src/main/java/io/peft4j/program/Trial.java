package io.peft4j.program;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A choice by time on a machine that may be busy: candidates run in turn, round after round, and each counts by its
 * shortest time, since what another process takes away lengthens some rounds, seldom all of them.
 *
 * @param rounds how often each candidate runs
 * @param margin the part of the safe candidate's time that another must save to be taken instead
 */
record Trial(int rounds, double margin) {

    private static final Logger logger = LoggerFactory.getLogger(Trial.class);

    /** Returns the fastest candidate, or the safe one if none is faster by more than the margin. */
    <T> T winner(T safe, List<T> others, ToLongFunction<T> time) {
        if (others.isEmpty()) {
            return safe;
        }
        List<Candidate<T>> order = new ArrayList<>();
        order.add(new Candidate<>(safe));
        others.forEach(other -> order.add(new Candidate<>(other)));
        Candidate<T> usual = order.get(0);
        for (int round = 0; round < rounds; round++) {
            order.forEach(candidate -> candidate.run(time));
            // Nobody always runs first, in caches that the one before has warmed.
            Collections.reverse(order);
        }
        logger.debug("{}", order);
        Candidate<T> fastest = Collections.min(order, Comparator.comparingLong(candidate -> candidate.shortest));
        return fastest.shortest < (1 - margin) * usual.shortest ? fastest.value : safe;
    }

    private static final class Candidate<T> {
        private final T value;
        private long shortest = Long.MAX_VALUE;

        Candidate(T value) {
            this.value = value;
        }

        void run(ToLongFunction<T> time) {
            shortest = Math.min(shortest, time.applyAsLong(value));
        }

        @Override
        public String toString() {
            return "%s: %.3f ms".formatted(value, shortest / 1e6);
        }
    }
}
