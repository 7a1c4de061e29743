package io.peft4j.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Reads the fields of a {@code config.json}; wrong values are collected and reported together by {@link #check}.
 *
 * <p>A field that is wrong or missing reads as its default until then.
 */
public final class ModelConfig {

    private final JsonObject json;
    private final String source;
    private final List<String> problems;

    /**
     * Wraps a configuration.
     *
     * @param source what to call it in messages
     */
    public ModelConfig(JsonObject json, String source) {
        this(json, source, new ArrayList<>());
    }

    private ModelConfig(JsonObject json, String source, List<String> problems) {
        this.json = json;
        this.source = source;
        this.problems = problems;
    }

    /** Returns the fields of a field that is an object, empty if there is none; what is wrong in it is wrong here too. */
    public ModelConfig object(String key) {
        JsonElement value = json.get(key);
        boolean object = value != null && value.isJsonObject();
        require(object || !has(key), "%s must be an object: %s", key, value);
        return new ModelConfig(object ? json.getAsJsonObject(key) : new JsonObject(), source, problems);
    }

    /** Returns a field that is a list of texts, empty if there is none. */
    public List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        if (has(key) && json.get(key).isJsonArray()) {
            json.getAsJsonArray(key).forEach(text -> texts.add(text.getAsString()));
        }
        return texts;
    }

    /** Returns {@code model_type}, empty if there is none. */
    public String modelType() {
        return text("model_type", "");
    }

    /** Returns a whole number of at least 1 that must be there. */
    public int size(String key) {
        if (!has(key)) {
            problems.add("%s is missing".formatted(key));
            return 1;
        }
        return size(key, 1);
    }

    /** Returns a whole number of at least 1. */
    public int size(String key, int otherwise) {
        return Math.toIntExact((long) number(
                key, otherwise, v -> v >= 1 && v <= 1 << 30 && v == Math.rint(v), "a whole number of at least 1"));
    }

    /** Returns a whole number of at least 0. */
    public int index(String key, int otherwise) {
        return Math.toIntExact((long) number(
                key, otherwise, v -> v >= 0 && v <= 1 << 30 && v == Math.rint(v), "a whole number of at least 0"));
    }

    /** Returns the id of a token; −1 if there is none. */
    public int token(String key) {
        return Math.toIntExact(
                (long) number(key, -1, v -> v >= -1 && v <= 1 << 30 && v == Math.rint(v), "the id of a token"));
    }

    /** Returns a number above 0. */
    public double positive(String key, double otherwise) {
        return number(key, otherwise, v -> v > 0 && v < Double.POSITIVE_INFINITY, "above 0");
    }

    /** Returns a number in [0, 1). */
    public double probability(String key, double otherwise) {
        return number(key, otherwise, v -> v >= 0 && v < 1, "in [0, 1)");
    }

    /** Returns a text. */
    public String text(String key, String otherwise) {
        JsonElement value = json.get(key);
        if (value == null || value.isJsonNull()) {
            return otherwise;
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            problems.add("%s must be a text: %s".formatted(key, value));
            return otherwise;
        }
        return value.getAsString();
    }

    /** Returns true or false. */
    public boolean flag(String key, boolean otherwise) {
        JsonElement value = json.get(key);
        if (value == null || value.isJsonNull()) {
            return otherwise;
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
            problems.add("%s must be true or false: %s".formatted(key, value));
            return otherwise;
        }
        return value.getAsBoolean();
    }

    /** Returns one of several values by its name. */
    public <T> T choice(String key, String otherwise, Map<String, T> choices) {
        String name = text(key, otherwise);
        T value = choices.get(name);
        if (value == null) {
            problems.add("%s must be one of %s: %s"
                    .formatted(key, choices.keySet().stream().sorted().toList(), name));
            value = choices.get(otherwise);
        }
        return java.util.Objects.requireNonNull(value, "the default is a choice");
    }

    /** Returns the labels of {@code id2label}, in the order of their numbers; empty if there are none. */
    public List<String> labels() {
        JsonElement labels = json.get("id2label");
        if (labels == null || !labels.isJsonObject()) {
            int count = index("num_labels", 0);
            return java.util.stream.IntStream.range(0, count)
                    .mapToObj(i -> "LABEL_" + i)
                    .toList();
        }
        return labels.getAsJsonObject().entrySet().stream()
                .collect(Collectors.toMap(entry -> Integer.parseInt(entry.getKey()), entry -> entry.getValue()
                        .getAsString()))
                .entrySet()
                .stream()
                .sorted(Map.Entry.comparingByKey())
                .map(Map.Entry::getValue)
                .toList();
    }

    /** Returns the class that the checkpoint was saved from, such as {@code BertForSequenceClassification}; empty if unknown. */
    public String className() {
        JsonElement names = json.get("architectures");
        return names != null && names.isJsonArray() && !names.getAsJsonArray().isEmpty()
                ? names.getAsJsonArray().get(0).getAsString()
                : "";
    }

    /** Notes a rule that the values break. */
    public void require(boolean holds, String rule, Object... values) {
        if (!holds) {
            problems.add(rule.formatted(values));
        }
    }

    /**
     * Ends the reading.
     *
     * @throws IllegalArgumentException listing everything that was wrong
     */
    public void check() {
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("%s: %s"
                    .formatted(
                            source,
                            String.join("; ", problems.stream().distinct().toList())));
        }
    }

    /** Returns all fields. */
    public JsonObject json() {
        return json.deepCopy();
    }

    /** Returns whether a field is there and not null. */
    public boolean has(String key) {
        return json.has(key) && !json.get(key).isJsonNull();
    }

    private double number(String key, double otherwise, Predicate<Double> rule, String text) {
        if (!has(key)) {
            return otherwise;
        }
        JsonElement value = json.get(key);
        boolean number = value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
        if (!number || !rule.test(value.getAsDouble())) {
            problems.add("%s must be %s: %s".formatted(key, text, value));
            return otherwise;
        }
        return value.getAsDouble();
    }
}
