package io.peft4j.io;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * JSON files as Python writes them, and a strict reader.
 *
 * <p>NaN and the infinities, which Python would write by names that JSON does not know, are neither written nor read.
 */
public final class PythonJson {

    /** Python's order of strings, and that of their UTF-8 bytes. */
    static final Comparator<String> BY_CODE_POINT =
            (a, b) -> Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());

    private static final long MAX_BYTES = 64L << 20;
    private static final Pattern INTEGER = Pattern.compile("-?[0-9]+");
    private static final int INDENT = 2;
    private static final char LAST_PLAIN = '~';

    private PythonJson() {}

    /**
     * Reads a file that holds one JSON object.
     *
     * <p>A number without fraction and exponent becomes a Long or BigInteger, any other a Double.
     *
     * @throws TensorFileException if the file is not strictly JSON, repeats a name within an object, nests deeper than
     *     100 levels or has more than 64 MiB
     */
    public static JsonObject read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw Problems.fatal(file.toString(), "it is a folder; name a file");
        }
        long size = Files.size(file);
        if (size > MAX_BYTES) {
            throw Problems.fatal(file.toString(), "it has %d bytes, more than %d", size, MAX_BYTES);
        }
        return parse(Files.readAllBytes(file), file.toString());
    }

    static JsonObject parse(byte[] utf8, String file) throws IOException {
        Problems problems = new Problems();
        JsonArray root = new JsonArray(1);
        StrictJson.parse(utf8, problems, json -> root.add(element(json, problems)));
        if (problems.isEmpty() && !root.get(0).isJsonObject()) {
            problems.add("it must hold a JSON object");
        }
        problems.throwIfAny(file);
        return root.get(0).getAsJsonObject();
    }

    private static JsonElement element(JsonReader json, Problems problems) throws IOException {
        switch (json.peek()) {
            case BEGIN_OBJECT -> {
                return object(json, problems);
            }
            case BEGIN_ARRAY -> {
                JsonArray array = new JsonArray();
                json.beginArray();
                while (json.hasNext()) {
                    array.add(element(json, problems));
                }
                json.endArray();
                return array;
            }
            case STRING -> {
                return new JsonPrimitive(json.nextString());
            }
            case NUMBER -> {
                return number(json, problems);
            }
            case BOOLEAN -> {
                return new JsonPrimitive(json.nextBoolean());
            }
            case NULL -> {
                json.nextNull();
                return JsonNull.INSTANCE;
            }
            default -> throw new MalformedJsonException("value expected at " + json.getPath());
        }
    }

    private static JsonObject object(JsonReader json, Problems problems) throws IOException {
        JsonObject object = new JsonObject();
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (object.has(name)) {
                problems.add("the name %s occurs twice in one object", Problems.quote(name));
            }
            object.add(name, element(json, problems));
        }
        json.endObject();
        return object;
    }

    private static JsonPrimitive number(JsonReader json, Problems problems) throws IOException {
        String text = json.nextString();
        if (INTEGER.matcher(text).matches()) {
            BigInteger integer = new BigInteger(text);
            return integer.bitLength() < Long.SIZE
                    ? new JsonPrimitive(integer.longValue())
                    : new JsonPrimitive(integer);
        }
        double number = Double.parseDouble(text);
        if (Double.isInfinite(number)) {
            problems.add("%s is too large for a float", Problems.show(text));
        }
        return new JsonPrimitive(number);
    }

    /**
     * Returns the text that {@code json.dumps(element, indent=2, sort_keys=True)} gives: names sorted, non-ASCII
     * characters escaped, no newline at the end.
     *
     * @throws IllegalArgumentException if a number is NaN or infinite
     */
    public static String format(JsonElement element) {
        StringBuilder out = new StringBuilder();
        append(out, element, "\n");
        return out.toString();
    }

    private static void append(StringBuilder out, JsonElement element, String newline) {
        if (element instanceof JsonObject object) {
            List<String> names = new ArrayList<>(object.keySet());
            names.sort(BY_CODE_POINT);
            appendAll(out, "{}", names, newline, name -> {
                StrictJson.appendString(out, name, LAST_PLAIN);
                append(out.append(": "), object.get(name), newline + " ".repeat(INDENT));
            });
        } else if (element instanceof JsonArray array) {
            appendAll(out, "[]", array.asList(), newline, item -> append(out, item, newline + " ".repeat(INDENT)));
        } else if (element instanceof JsonPrimitive primitive && primitive.isString()) {
            StrictJson.appendString(out, primitive.getAsString(), LAST_PLAIN);
        } else if (element instanceof JsonPrimitive primitive && primitive.isNumber()) {
            out.append(number(primitive.getAsNumber()));
        } else {
            out.append(element);
        }
    }

    private static <T> void appendAll(
            StringBuilder out, String brackets, Collection<T> items, String newline, Consumer<T> append) {
        out.append(brackets.charAt(0));
        String separator = "";
        for (T item : items) {
            out.append(separator).append(newline).append(" ".repeat(INDENT));
            append.accept(item);
            separator = ",";
        }
        if (!items.isEmpty()) {
            out.append(newline);
        }
        out.append(brackets.charAt(1));
    }

    private static String number(Number number) {
        String text = number.toString();
        if (INTEGER.matcher(text).matches()) {
            return text;
        } else if (!Double.isFinite(number.doubleValue())) {
            throw new IllegalArgumentException("JSON has no number " + text);
        }
        return PythonFloat.repr(number.doubleValue());
    }
}
