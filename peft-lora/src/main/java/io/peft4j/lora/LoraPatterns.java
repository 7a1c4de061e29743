package io.peft4j.lora;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Other ranks and alphas for some modules, by pattern.
 *
 * <p>A key is a regular expression for the end of a module path. Of several keys that match, the longest wins, whatever
 * their order in a file: files sort their keys.
 *
 * @param rank other ranks
 * @param alpha other numerators of the scaling
 */
public record LoraPatterns(Map<String, Integer> rank, Map<String, Double> alpha) {

    static final LoraPatterns NONE = new LoraPatterns(Map.of(), Map.of());

    public LoraPatterns {
        rank = Map.copyOf(rank);
        alpha = Map.copyOf(alpha);
    }

    int rank(String path, int otherwise) {
        return find(rank, path, otherwise);
    }

    double alpha(String path, double otherwise) {
        return find(alpha, path, otherwise);
    }

    /** Returns the keys that match none of the paths. */
    List<String> unmatched(List<String> paths) {
        List<String> keys = new ArrayList<>(rank.keySet());
        keys.addAll(alpha.keySet());
        return keys.stream()
                .distinct()
                .filter(key -> paths.stream().noneMatch(path -> matches(key, path)))
                .sorted()
                .toList();
    }

    private static <T> T find(Map<String, T> patterns, String path, T otherwise) {
        TreeMap<Integer, T> byLength = new TreeMap<>();
        patterns.forEach((key, value) -> {
            if (matches(key, path)) {
                byLength.put(key.length(), value);
            }
        });
        return byLength.isEmpty() ? otherwise : byLength.lastEntry().getValue();
    }

    private static boolean matches(String key, String path) {
        return Pattern.matches("(.*\\.)?(" + key + ")", path);
    }
}
