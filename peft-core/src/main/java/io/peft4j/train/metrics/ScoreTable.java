package io.peft4j.train.metrics;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The printed form of scores: one row for each label, a blank line, one row for each average. */
final class ScoreTable {

    private static final String HEADER = "  precision    recall  f1-score   support\n\n";

    private final int digits;
    private final List<String[]> rows = new ArrayList<>();

    ScoreTable(int digits) {
        this.digits = digits;
    }

    ScoreTable labels(List<LabelScores> labels) {
        labels.forEach(label -> row(label.label(), label.scores(), label.support()));
        rows.add(new String[] {""});
        return this;
    }

    ScoreTable row(String name, Scores scores, int support) {
        rows.add(new String[] {
            name, number(scores.precision()), number(scores.recall()), number(scores.f1()), Integer.toString(support)
        });
        return this;
    }

    ScoreTable single(String name, double score, int support) {
        rows.add(new String[] {name, "", "", number(score), Integer.toString(support)});
        return this;
    }

    /** Rounds the exact binary value, ties to even, as Python's formatting does. */
    private String number(double value) {
        return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    }

    @Override
    public String toString() {
        int width = rows.stream().mapToInt(row -> row[0].length()).max().orElse(0);
        StringBuilder text = new StringBuilder(" ".repeat(width)).append(HEADER);
        for (String[] row : rows) {
            if (row.length > 1) {
                text.append(right(row[0], width)).append(' ');
                Stream.of(row).skip(1).forEach(cell -> text.append(' ').append(right(cell, 9)));
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static String right(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
