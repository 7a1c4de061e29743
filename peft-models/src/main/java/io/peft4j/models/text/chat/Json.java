package io.peft4j.models.text.chat;

import com.google.gson.JsonPrimitive;
import java.util.Collection;
import java.util.Map;

/** JSON as Python's {@code json.dumps(x, ensure_ascii=False)} writes it. */
final class Json {

    private static final int MAX_INDENT = 100;

    private Json() {}

    /**
     * Returns the text.
     *
     * @param indent how far each level is indented, −1 for one line
     */
    static String text(Object value, int indent) {
        if (indent > MAX_INDENT) {
            throw new TemplateException("tojson indents by at most %d: %d".formatted(MAX_INDENT, indent));
        }
        Text text = new Text();
        write(value, text, indent, 0);
        return text.toString();
    }

    private static void write(Object value, Text out, int indent, int depth) {
        Text.checkDepth(depth);
        String before = indent < 0 ? "" : "\n" + " ".repeat(indent * (depth + 1));
        String between = indent < 0 ? ", " : "," + before;
        String after = indent < 0 ? "" : "\n" + " ".repeat(indent * depth);
        if (value instanceof Map<?, ?> map) {
            String lead = "{" + before;
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.add(lead).add(quoted(Values.print(entry.getKey()))).add(": ");
                write(entry.getValue(), out, indent, depth + 1);
                lead = between;
            }
            out.add(map.isEmpty() ? "{}" : after + "}");
        } else if (value instanceof Collection<?> items) {
            String lead = "[" + before;
            for (Object item : items) {
                write(item, out.add(lead), indent, depth + 1);
                lead = between;
            }
            out.add(items.isEmpty() ? "[]" : after + "]");
        } else if (value instanceof String text) {
            out.add(quoted(text));
        } else if (value == Values.NONE) {
            out.add("null");
        } else if (value instanceof Boolean || value instanceof Number) {
            out.add(value.toString());
        } else {
            throw new TemplateException("tojson is asked of something undefined");
        }
    }

    private static String quoted(String text) {
        // Gson escapes for the sake of old browsers what Python leaves.
        return new JsonPrimitive(text).toString().replace("\\u2028", "\u2028").replace("\\u2029", "\u2029");
    }
}
