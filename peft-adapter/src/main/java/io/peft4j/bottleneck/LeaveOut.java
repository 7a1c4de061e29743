package io.peft4j.bottleneck;

import com.google.gson.JsonArray;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.BaseModel;
import java.util.List;

/**
 * Layers of a model that have no adapter; in encoder-decoders the decoder's are counted after the encoder's.
 *
 * @param layers their numbers, from 0
 */
public record LeaveOut(List<Integer> layers) {

    /** No layer is left out. */
    public static final LeaveOut NONE = new LeaveOut(List.of());

    private static final String FIELD = "leave_out";

    public LeaveOut {
        layers = List.copyOf(layers);
        if (layers.stream().anyMatch(layer -> layer < 0)) {
            throw new IllegalArgumentException("%s counts layers from 0: %s".formatted(FIELD, layers));
        }
    }

    /** Reads the field of a file. */
    public static LeaveOut read(ConfigFields fields) {
        List<Integer> layers = fields.numbers(FIELD);
        boolean counted = layers.stream().allMatch(layer -> layer >= 0);
        fields.require(counted, FIELD + " counts layers from 0: %s", layers);
        return counted ? new LeaveOut(layers) : NONE;
    }

    /** Returns the value of the field of a file. */
    public JsonArray json() {
        JsonArray array = new JsonArray();
        layers.forEach(array::add);
        return array;
    }

    /** Returns whether a layer is left out. */
    public boolean contains(int layer) {
        return layers.contains(layer);
    }

    /** Returns what is wrong with this for a model: the layers that it has not, or nothing. */
    public List<String> problems(BaseModel base) {
        int count = base.architecture().layers();
        List<Integer> beyond = layers.stream().filter(layer -> layer >= count).toList();
        return beyond.isEmpty()
                ? List.of()
                : List.of("%s names layers %s, and the model has layers 0 to %d".formatted(FIELD, beyond, count - 1));
    }

    /**
     * Checks that a model has the layers.
     *
     * @throws IllegalArgumentException naming those that it has not
     */
    public void check(BaseModel base) {
        List<String> problems = problems(base);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }
}
