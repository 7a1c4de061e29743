package io.peft4j.examples.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;

/** JSON as the verbs print it. */
final class Json {

    private static final Gson PRETTY = new GsonBuilder()
            .setPrettyPrinting()
            .serializeNulls()
            .disableHtmlEscaping()
            .create();
    private static final Gson LINE =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    private Json() {}

    /** Returns an object over several lines. */
    static String pretty(JsonElement element) {
        return PRETTY.toJson(finite(element));
    }

    /** Returns an object on one line. */
    static String line(JsonElement element) {
        return LINE.toJson(finite(element));
    }

    /** JSON has no number for what is not finite. */
    private static JsonElement finite(JsonElement element) {
        if (element.isJsonArray()) {
            JsonArray array = new JsonArray();
            element.getAsJsonArray().forEach(value -> array.add(finite(value)));
            return array;
        }
        if (element.isJsonObject()) {
            JsonObject object = new JsonObject();
            element.getAsJsonObject().entrySet().forEach(entry -> object.add(entry.getKey(), finite(entry.getValue())));
            return object;
        }
        boolean number =
                element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber();
        return number && !Double.isFinite(element.getAsDouble()) ? JsonNull.INSTANCE : element;
    }

    static JsonArray texts(Iterable<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    static JsonArray numbers(List<? extends Number> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    static JsonObject numbers(Map<String, ? extends Number> values) {
        JsonObject object = new JsonObject();
        values.forEach(object::addProperty);
        return object;
    }
}
