package io.peft4j.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Reads the fields of a {@code config.json}; wrong values are collected and reported together by {@link #check}.
 *
 * <p>A field that is wrong or missing reads as its default until then.
 */
public final class ModelConfig {

    /** Products of a few sizes fit into what counts them. */
    private static final int MAX_SIZE = 1 << 28;

    private static final int MAX_LAYERS = 10_000;
    private static final int MAX_LABELS = 1_000_000;

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
        JsonElement value = json.get(key);
        if (value == null || value.isJsonNull()) {
            return List.of();
        }
        boolean list =
                value.isJsonArray() && value.getAsJsonArray().asList().stream().allMatch(ModelConfig::isText);
        require(list, "%s must be a list of texts: %s", key, value);
        return list
                ? value.getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsString)
                        .toList()
                : List.of();
    }

    /** Returns {@code model_type}, empty if there is none. */
    public String modelType() {
        return text("model_type", "");
    }

    /** Returns a whole number of at least 1 that must be there. */
    public int size(String key) {
        return needed(key) ? size(key, 1) : 1;
    }

    /** Returns a whole number of at least 1. */
    public int size(String key, int otherwise) {
        return whole(key, otherwise, 1, MAX_SIZE);
    }

    /** Returns a number of layers that must be there. */
    public int layers(String key) {
        return needed(key) ? layers(key, 1) : 1;
    }

    /** Returns a number of layers: they are recorded before they are compared with any file. */
    public int layers(String key, int otherwise) {
        return whole(key, otherwise, 1, MAX_LAYERS);
    }

    /** Returns a whole number of at least 0. */
    public int index(String key, int otherwise) {
        return whole(key, otherwise, 0, MAX_SIZE);
    }

    /** Returns the id of a token; −1 if there is none. */
    public int token(String key) {
        return whole(key, -1, -1, MAX_SIZE);
    }

    /** Returns the tokens that end a text by {@code eos_token_id}, one id or several; none if that names none. */
    public Set<Integer> endTokens() {
        JsonElement ids = json.get("eos_token_id");
        if (ids == null || ids.isJsonNull()) {
            return Set.of();
        }
        List<JsonElement> list = ids.isJsonArray() ? ids.getAsJsonArray().asList() : List.of(ids);
        boolean tokens = list.stream().allMatch(id -> isWhole(id, -1, MAX_SIZE));
        require(tokens, "eos_token_id must be the id of a token or a list of such: %s", ids);
        return tokens
                ? list.stream().map(JsonElement::getAsInt).filter(id -> id >= 0).collect(Collectors.toSet())
                : Set.of();
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
        if (!isText(value)) {
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
        Map<String, JsonElement> names = object("id2label").json.asMap();
        int count = names.isEmpty() ? whole("num_labels", 0, 0, MAX_LABELS) : names.size();
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            JsonElement name = names.isEmpty() ? new JsonPrimitive("LABEL_" + i) : names.get(String.valueOf(i));
            if (name == null || !name.isJsonPrimitive()) {
                problems.add("id2label must have a text for each number from 0 to %d: %s is %s"
                        .formatted(count - 1, i, name == null ? "missing" : name));
                return List.of();
            }
            labels.add(name.getAsString());
        }
        return labels;
    }

    /** Returns what the logits of a text say by {@code problem_type}; without it, a single label stands for regression. */
    public Task.Problem problem() {
        Task.Problem standard =
                labels().size() == 1 ? Task.Problem.REGRESSION : Task.Problem.SINGLE_LABEL_CLASSIFICATION;
        return choice(
                "problem_type",
                standard.fileName(),
                Arrays.stream(Task.Problem.values())
                        .collect(Collectors.toMap(Task.Problem::fileName, problem -> problem)));
    }

    /** Returns the class that the checkpoint was saved from, such as {@code BertForSequenceClassification}; empty if unknown. */
    public String className() {
        return texts("architectures").stream().findFirst().orElse("");
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

    private boolean needed(String key) {
        require(has(key), "%s is missing", key);
        return has(key);
    }

    private static boolean isText(JsonElement value) {
        return value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
    }

    private static boolean isWhole(JsonElement value, int least, int most) {
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber()) {
            return false;
        }
        double number = value.getAsDouble();
        return number == Math.rint(number) && number >= least && number <= most;
    }

    private int whole(String key, int otherwise, int least, int most) {
        if (!has(key)) {
            return otherwise;
        }
        boolean whole = isWhole(json.get(key), least, most);
        require(whole, "%s must be a whole number from %s to %s: %s", key, least, most, json.get(key));
        return whole ? json.get(key).getAsInt() : otherwise;
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
