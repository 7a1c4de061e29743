package io.peft4j.models.text;

import java.util.stream.IntStream;

/** Which tokens stay when a sequence must not exceed a length: all special ones, and the longer text gives way first. */
final class Truncation {

    private Truncation() {}

    /**
     * Returns the positions that stay, in order.
     *
     * @param sequences for each token the number of its text, 0 or 1, or -1 for a special token
     * @param side where texts lose tokens
     */
    static int[] kept(int[] sequences, int maxLength, Side side) {
        int first = count(sequences, 0);
        int second = count(sequences, 1);
        int special = sequences.length - first - second;
        if (maxLength < special) {
            throw new IllegalArgumentException(
                    "maxLength %d has no room for the %d special tokens".formatted(maxLength, special));
        }
        int[] limits = limits(first, second, maxLength - special);
        int[] skips = side == Side.RIGHT ? new int[2] : new int[] {first - limits[0], second - limits[1]};
        int[] kept = new int[limits[0] + limits[1] + special];
        int[] seen = new int[2];
        int n = 0;
        for (int i = 0; i < sequences.length; i++) {
            int sequence = sequences[i];
            int place = sequence < 0 ? 0 : seen[sequence]++ - skips[sequence];
            if (sequence < 0 || (place >= 0 && place < limits[sequence])) {
                kept[n++] = i;
            }
        }
        return kept;
    }

    private static int count(int[] sequences, int sequence) {
        return (int) IntStream.of(sequences).filter(s -> s == sequence).count();
    }

    /** Hugging Face's "longest first": the shorter text stays whole while it has no more than half of the room. */
    private static int[] limits(int first, int second, int room) {
        if (first + second <= room) {
            return new int[] {first, second};
        }
        int shorter = Math.min(first, second);
        int longer = Math.max(shorter, room - shorter);
        if (shorter + longer > room) {
            shorter = room / 2;
            longer = room - shorter;
        }
        return first > second ? new int[] {longer, shorter} : new int[] {shorter, longer};
    }
}
