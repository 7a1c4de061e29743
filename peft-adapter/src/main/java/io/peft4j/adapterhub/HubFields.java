package io.peft4j.adapterhub;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The fields of AdapterHub's files beside the settings: their types, what is wrong told together. */
final class HubFields {

    private static final String WIDTH = "hidden_size";
    private static final String LABELS = "label2id";
    private static final String COUNT = "num_labels";

    private final JsonObject json;
    private final Path file;
    private final List<String> problems = new ArrayList<>();

    private HubFields(JsonObject json, Path file) {
        this.json = json;
        this.file = file;
    }

    /**
     * Checks those of an adapter or a fusion.
     *
     * @throws IllegalArgumentException naming every field of another type
     */
    static void check(JsonObject json, Path file) {
        HubFields fields = new HubFields(json, file);
        for (String key : List.of("model_class", "model_name", "model_type", "name", "version")) {
            JsonElement value = fields.get(key);
            fields.require(value == null || isText(value), "%s must be a text: %s", key, value);
        }
        fields.checkCount(WIDTH);
        fields.throwIfAny();
    }

    /**
     * Checks those of a head, and returns its labels in order, none if it names none.
     *
     * @throws IllegalArgumentException naming every field that is wrong
     */
    static List<String> labels(JsonObject json, Path file) {
        HubFields fields = new HubFields(json, file);
        fields.checkCount(COUNT);
        Map<Long, String> labels = new TreeMap<>();
        JsonElement ids = fields.get(LABELS);
        if (ids != null && !ids.isJsonObject()) {
            fields.problems.add("%s must be an object of labels and numbers: %s".formatted(LABELS, ids));
        } else if (ids != null) {
            fields.readLabels(ids.getAsJsonObject(), labels);
        }
        fields.throwIfAny();
        return List.copyOf(labels.values());
    }

    private void readLabels(JsonObject ids, Map<Long, String> labels) {
        ids.asMap().forEach((label, id) -> {
            boolean counts = isWhole(id) && id.getAsLong() >= 0 && id.getAsLong() < ids.size();
            require(
                    counts && labels.putIfAbsent(id.getAsLong(), label) == null,
                    "%s must number %d labels from 0 to %d, each once: %s is %s",
                    LABELS,
                    ids.size(),
                    ids.size() - 1,
                    label,
                    id);
        });
        JsonElement count = get(COUNT);
        require(
                count == null || !isWhole(count) || count.getAsLong() == ids.size(),
                "%s is %s and %s has %d labels",
                COUNT,
                count,
                LABELS,
                ids.size());
    }

    private void checkCount(String key) {
        JsonElement value = get(key);
        require(
                value == null || (isWhole(value) && value.getAsLong() > 0),
                "%s must be a whole number of at least 1: %s",
                key,
                value);
    }

    private @Nullable JsonElement get(String key) {
        JsonElement value = json.get(key);
        return value == null || value.isJsonNull() ? null : value;
    }

    private void require(boolean holds, String rule, @Nullable Object... values) {
        if (!holds) {
            problems.add(rule.formatted(values));
        }
    }

    private void throwIfAny() {
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("%s: %s".formatted(file, String.join("; ", problems)));
        }
    }

    private static boolean isText(JsonElement value) {
        return value instanceof JsonPrimitive primitive && primitive.isString();
    }

    private static boolean isWhole(JsonElement value) {
        return value instanceof JsonPrimitive primitive
                && primitive.isNumber()
                && value.getAsDouble() == value.getAsLong();
    }
}
