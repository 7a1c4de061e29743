package io.peft4j.adapter;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.peft4j.model.TargetModules;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The fields of an {@code adapter_config.json} as a method writes them, the counterpart of {@link ConfigFields}. */
public final class ConfigWriter {

    private final JsonObject json;

    /**
     * Starts with fields at their defaults.
     *
     * @param defaults a JSON object
     */
    public ConfigWriter(String defaults) {
        json = JsonParser.parseString(defaults).getAsJsonObject();
    }

    /** Sets a number; a whole one is written without a fraction. */
    public ConfigWriter number(String key, double value) {
        json.add(key, number(value));
        return this;
    }

    /** Sets a number that is written with a fraction even if it is whole. */
    public ConfigWriter real(String key, double value) {
        json.addProperty(key, value);
        return this;
    }

    /** Sets true or false. */
    public ConfigWriter flag(String key, boolean value) {
        json.addProperty(key, value);
        return this;
    }

    /** Sets a field to any value. */
    public ConfigWriter value(String key, JsonElement value) {
        json.add(key, value);
        return this;
    }

    /** Sets a text. */
    public ConfigWriter text(String key, String value) {
        json.addProperty(key, value);
        return this;
    }

    /** Sets an object of numbers. */
    public ConfigWriter map(String key, Map<String, ? extends Number> values) {
        JsonObject object = new JsonObject();
        values.forEach((name, value) -> object.add(name, number(value.doubleValue())));
        json.add(key, object);
        return this;
    }

    /** Sets a list of texts that have no order; null if there are none. */
    public ConfigWriter texts(String key, Collection<String> values) {
        JsonArray array = new JsonArray();
        values.stream().sorted().forEach(array::add);
        json.add(key, values.isEmpty() ? JsonNull.INSTANCE : array);
        return this;
    }

    /** Sets a list of whole numbers; null if there are none. */
    public ConfigWriter numbers(String key, List<? extends Number> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        json.add(key, values.isEmpty() ? JsonNull.INSTANCE : array);
        return this;
    }

    /** Sets {@code target_modules} and the fields that take modules away from them. */
    public ConfigWriter targets(TargetModules targets) {
        if (targets.isAllLinear()) {
            text("target_modules", TargetModules.ALL_LINEAR);
        } else if (targets.regex().isEmpty()) {
            texts("target_modules", targets.suffixes());
        } else {
            text("target_modules", targets.regex());
        }
        if (targets.excludeRegex().isEmpty()) {
            texts("exclude_modules", targets.exclude());
        } else {
            text("exclude_modules", targets.excludeRegex());
        }
        if (!targets.layersPattern().isEmpty()) {
            JsonArray patterns = new JsonArray();
            targets.layersPattern().forEach(patterns::add);
            json.add("layers_pattern", patterns);
        }
        return numbers("layers_to_transform", targets.layers());
    }

    /** Returns the fields. */
    public JsonObject json() {
        return json;
    }

    private static JsonPrimitive number(double value) {
        return value == Math.rint(value) ? new JsonPrimitive((long) value) : new JsonPrimitive(value);
    }
}
