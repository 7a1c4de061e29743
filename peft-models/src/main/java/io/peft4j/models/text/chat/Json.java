package io.peft4j.models.text.chat;

import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** JSON as Python's {@code json.dumps(x, ensure_ascii=False)} writes it. */
final class Json {

    private Json() {}

    /**
     * Returns the text.
     *
     * @param indent how far each level is indented, −1 for one line
     */
    static String text(Object value, int indent) {
        return text(value, indent, 0);
    }

    private static String text(Object value, int indent, int depth) {
        if (value instanceof Map<?, ?> map) {
            List<String> entries = new ArrayList<>();
            map.forEach((key, item) -> entries.add(quoted(Values.print(key)) + ": " + text(item, indent, depth + 1)));
            return bracketed("{", entries, "}", indent, depth);
        } else if (value instanceof Collection<?> items) {
            return bracketed(
                    "[",
                    items.stream().map(item -> text(item, indent, depth + 1)).toList(),
                    "]",
                    indent,
                    depth);
        } else if (value instanceof String text) {
            return quoted(text);
        } else if (value == Values.NONE) {
            return "null";
        } else if (value instanceof Boolean || value instanceof Number) {
            return value.toString();
        }
        throw new TemplateException("tojson is asked of something undefined");
    }

    private static String bracketed(String open, List<String> items, String close, int indent, int depth) {
        if (items.isEmpty()) {
            return open + close;
        } else if (indent < 0) {
            return open + String.join(", ", items) + close;
        }
        String line = "\n" + " ".repeat(indent * (depth + 1));
        return open + line + String.join("," + line, items) + "\n" + " ".repeat(indent * depth) + close;
    }

    private static String quoted(String text) {
        // Gson escapes for the sake of old browsers what Python leaves.
        return new JsonPrimitive(text).toString().replace("\\u2028", "\u2028").replace("\\u2029", "\u2029");
    }
}
