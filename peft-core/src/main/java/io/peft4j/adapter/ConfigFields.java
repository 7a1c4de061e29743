package io.peft4j.adapter;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.model.TargetModules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an {@code adapter_config.json} as a method reads them.
 *
 * <p>Remembers which fields were read: one that nobody reads and that has not its default would be a setting that is
 * silently ignored, so {@link #check} reports it, together with all wrong values.
 */
public final class ConfigFields {

    /** Fields that say nothing about the computation. */
    private static final Set<String> NEUTRAL = Set.of(
            "auto_mapping",
            "base_model_name_or_path",
            "inference_mode",
            "peft_type",
            "peft_version",
            "revision",
            "task_type",
            "runtime_config",
            "modules_to_save");

    private final JsonObject json;
    private final String source;
    private final Set<String> read = new TreeSet<>(NEUTRAL);
    private final List<String> problems = new ArrayList<>();

    /**
     * Wraps the fields.
     *
     * @param source what to call them in messages
     */
    public ConfigFields(JsonObject json, String source) {
        this.json = json.deepCopy();
        this.source = source;
    }

    /** Returns a whole number of at least {@code least}. */
    public int number(String key, int otherwise, int least) {
        JsonElement value = get(key);
        if (value == null) {
            return otherwise;
        }
        if (!isWhole(value) || value.getAsDouble() < least) {
            problems.add(
                    "%s must be a whole number of at least %d and less than 2^31: %s".formatted(key, least, value));
            return otherwise;
        }
        return value.getAsInt();
    }

    /** Returns a number. */
    public double real(String key, double otherwise) {
        JsonElement value = get(key);
        if (value == null) {
            return otherwise;
        }
        if (!isNumber(value)) {
            problems.add("%s must be a number: %s".formatted(key, value));
            return otherwise;
        }
        return value.getAsDouble();
    }

    /** Returns true or false. */
    public boolean flag(String key, boolean otherwise) {
        JsonElement value = get(key);
        if (value == null) {
            return otherwise;
        }
        if (!(value instanceof JsonPrimitive primitive) || !primitive.isBoolean()) {
            problems.add("%s must be true or false: %s".formatted(key, value));
            return otherwise;
        }
        return primitive.getAsBoolean();
    }

    /** Returns a text. */
    public String text(String key, String otherwise) {
        JsonElement value = get(key);
        if (value == null) {
            return otherwise;
        }
        if (!isText(value)) {
            problems.add("%s must be a text: %s".formatted(key, value));
            return otherwise;
        }
        return value.getAsString();
    }

    /** Returns a list of texts, empty where the file says null. */
    public List<String> texts(String key) {
        return list(key, ConfigFields::isText, JsonElement::getAsString, "a list of texts");
    }

    /** Returns a list of whole numbers, empty where the file says null; one number is a list of one. */
    public List<Integer> numbers(String key) {
        return list(key, ConfigFields::isWhole, JsonElement::getAsInt, "a list of whole numbers less than 2^31");
    }

    /** Returns the numbers of an object by key, in the order of the file. */
    public Map<String, Double> map(String key) {
        Map<String, Double> map = new LinkedHashMap<>();
        JsonElement value = get(key);
        if (value != null && !value.isJsonObject()) {
            problems.add("%s must be an object: %s".formatted(key, value));
        } else if (value != null) {
            value.getAsJsonObject().entrySet().forEach(entry -> {
                if (isNumber(entry.getValue())) {
                    map.put(entry.getKey(), entry.getValue().getAsDouble());
                } else {
                    problems.add("%s of %s must be a number: %s".formatted(key, entry.getKey(), entry.getValue()));
                }
            });
        }
        return map;
    }

    /**
     * Returns one of some values.
     *
     * @param values all that there are
     * @param field what the file says for each
     */
    public <T> T choice(String key, T[] values, Function<T, JsonPrimitive> field, T otherwise) {
        JsonElement given = get(key);
        for (T value : values) {
            if (field.apply(value).equals(given)) {
                return value;
            }
        }
        if (given != null) {
            List<JsonPrimitive> known = Arrays.stream(values).map(field).toList();
            problems.add("%s must be one of %s: %s".formatted(key, known, given));
        }
        return otherwise;
    }

    /** Returns the targets: {@code target_modules} and the fields that take modules away from them. */
    public TargetModules targets() {
        JsonElement value = get("target_modules");
        boolean one = value != null && isText(value);
        List<String> names = texts("target_modules");
        require(value != null && !value.equals(new JsonArray()), "target_modules is missing");
        TargetModules targets = TargetModules.allLinear();
        if (!names.isEmpty() && !one) {
            targets = TargetModules.of(names);
        } else if (one && !names.get(0).equalsIgnoreCase(TargetModules.ALL_LINEAR)) {
            targets = TargetModules.matching(names.get(0));
        }
        List<Integer> layers = numbers("layers_to_transform");
        List<String> patterns = texts("layers_pattern");
        if (layers.isEmpty() && !patterns.isEmpty()) {
            problems.add("layers_pattern needs layers_to_transform: " + patterns);
            patterns = List.of();
        }
        return excluding(targets).inLayers(layers, patterns);
    }

    /** Returns targets without those of {@code exclude_modules}, which is a list or an expression. */
    public TargetModules excluding(TargetModules targets) {
        JsonElement exclude = get("exclude_modules");
        return exclude != null && exclude.isJsonPrimitive()
                ? targets.excludingMatches(text("exclude_modules", ""))
                : targets.excluding(texts("exclude_modules"));
    }

    /** Returns the modules of {@code modules_to_save}, which PEFT repeats when it saves what it has loaded. */
    public List<String> modulesToSave() {
        return texts("modules_to_save").stream().distinct().toList();
    }

    /** Returns a field as it stands in the file, or null if it is absent or null there. */
    public @Nullable JsonElement get(String key) {
        read.add(key);
        JsonElement value = json.get(key);
        return value == null || value.isJsonNull() ? null : value;
    }

    /** Notes a rule that the values break. */
    public void require(boolean holds, String rule, Object... values) {
        if (!holds) {
            problems.add(rule.formatted(values));
        }
    }

    /** Returns a failure that says where the fields come from. */
    IllegalArgumentException failure(IllegalArgumentException cause) {
        String text = String.valueOf(cause.getMessage());
        return text.startsWith(source) ? cause : new IllegalArgumentException("%s: %s".formatted(source, text), cause);
    }

    /**
     * Ends the reading.
     *
     * @param defaults the fields of a configuration that leaves everything at its default
     * @throws IllegalArgumentException listing wrong values, and fields that were not read and have not their default
     */
    public void check(JsonObject defaults) {
        for (Map.Entry<String, JsonElement> entry : json.entrySet()) {
            if (!read.contains(entry.getKey()) && !isDefault(entry.getValue(), defaults.get(entry.getKey()))) {
                problems.add("%s is not supported: %s".formatted(entry.getKey(), entry.getValue()));
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("%s: %s".formatted(source, String.join("; ", problems)));
        }
    }

    private static boolean isDefault(JsonElement value, @Nullable JsonElement standard) {
        boolean empty = value.isJsonNull()
                || (value.isJsonObject() && value.getAsJsonObject().size() == 0)
                || (value.isJsonArray() && value.getAsJsonArray().isEmpty())
                || Objects.equals(value, new JsonPrimitive(false));
        return empty || Objects.equals(value, standard);
    }

    private <T> List<T> list(
            String key, Predicate<JsonElement> rule, Function<JsonElement, T> element, String description) {
        JsonElement value = get(key);
        if (value == null) {
            return List.of();
        }
        List<JsonElement> items = value.isJsonArray() ? value.getAsJsonArray().asList() : List.of(value);
        if (!items.stream().allMatch(rule)) {
            problems.add("%s must be %s: %s".formatted(key, description, value));
            return List.of();
        }
        return items.stream().map(element).toList();
    }

    private static boolean isText(JsonElement value) {
        return value instanceof JsonPrimitive primitive && primitive.isString();
    }

    /** Returns whether a value is a whole number that an {@code int} can hold. */
    private static boolean isWhole(JsonElement value) {
        return isNumber(value) && value.getAsDouble() == (int) value.getAsDouble();
    }

    private static boolean isNumber(JsonElement value) {
        return value instanceof JsonPrimitive primitive && primitive.isNumber();
    }
}
