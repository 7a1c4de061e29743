package io.peft4j.bottleneck;

import java.util.ArrayList;
import java.util.List;

/** Layers as a reader counts them: {@code layer 3}, {@code layers 0 to 11}, {@code layers 0 to 3, 5}. */
final class LayerNames {

    private LayerNames() {}

    /** Returns the words for layers in ascending order. */
    static String of(List<Integer> layers) {
        List<String> runs = new ArrayList<>();
        int first = 0;
        for (int i = 0; i < layers.size(); i++) {
            boolean ends = i + 1 == layers.size() || layers.get(i + 1) != layers.get(i) + 1;
            if (ends) {
                runs.add(i == first ? "" + layers.get(i) : "%d to %d".formatted(layers.get(first), layers.get(i)));
                first = i + 1;
            }
        }
        return (layers.size() == 1 ? "layer " : "layers ") + String.join(", ", runs);
    }
}
