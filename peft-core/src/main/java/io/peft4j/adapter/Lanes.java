package io.peft4j.adapter;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Results of compositions, row by row: a lane is what computes each row of one result. */
final class Lanes {

    private Lanes() {}

    /** Returns the lanes of parts that are combined row by row; a part of one lane is part of every result. */
    static List<List<Composition>> product(
            List<Composition> parts, int rows, Function<List<Composition>, Composition> combine) {
        List<List<List<Composition>>> all =
                parts.stream().map(part -> part.lanes(rows)).toList();
        int lanes = all.stream().mapToInt(List::size).max().orElse(1);
        Composition.check(
                all.stream().allMatch(part -> part.size() == 1 || part.size() == lanes),
                "parts with different numbers of results cannot be combined: %s",
                parts);
        List<List<Composition>> results = new ArrayList<>();
        for (int l = 0; l < lanes; l++) {
            List<Composition> result = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                List<Composition> combined = new ArrayList<>();
                for (List<List<Composition>> part : all) {
                    combined.add(part.get(part.size() == 1 ? 0 : l).get(row));
                }
                result.add(combine.apply(combined));
            }
            results.add(result);
        }
        return results;
    }
}
