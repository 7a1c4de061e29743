package io.peft4j.model;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/** Says that target modules match nothing, what there is, and what was probably meant. */
public final class NoMatchingModuleException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    private NoMatchingModuleException(String message) {
        super(message);
    }

    static NoMatchingModuleException of(List<String> unmatched, List<AttachmentPoint> points) {
        TreeSet<String> available = new TreeSet<>();
        for (AttachmentPoint point : points) {
            if (point.kind() == AttachmentPoint.Kind.LINEAR || point.kind() == AttachmentPoint.Kind.EMBEDDING) {
                available.add(lastName(point.path()));
            }
        }
        List<String> nearest = unmatched.stream()
                .map(name -> nearest(lastName(name), available))
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
        return new NoMatchingModuleException("no module matches %s%s; available: %s"
                .formatted(
                        unmatched,
                        nearest.isEmpty() ? "" : "; did you mean %s?".formatted(String.join(", ", nearest)),
                        available));
    }

    /** Returns the candidate that takes the fewest edits, or nothing if even that takes more than half of them. */
    public static String nearest(String name, Collection<String> candidates) {
        return candidates.stream()
                .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
                .filter(candidate -> distance(name, candidate) <= Math.max(name.length(), candidate.length()) / 2)
                .orElse("");
    }

    private static String lastName(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
