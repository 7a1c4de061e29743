package io.peft4j.models.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * One row of a data file; what is wrong with a field is an {@link IllegalArgumentException}.
 *
 * @param columns the columns of the file, in its order
 * @param fields what this row has under them
 */
record Row(Set<String> columns, Map<String, JsonElement> fields) {

    /** Something wrong with the columns, which spoils all rows. */
    static final class BadColumns extends RuntimeException {
        private static final long serialVersionUID = 1;

        BadColumns(String reason) {
            super(reason);
        }
    }

    /** Returns whether the file has a column. */
    boolean has(String column) {
        if (fields.containsKey(column) && !columns.contains(column)) {
            throw new IllegalArgumentException("has '%s', the first row has not".formatted(column));
        }
        return columns.contains(column);
    }

    BadColumns lacks(String wanted) {
        return new BadColumns("no column %s; columns there: %s".formatted(wanted, listed(columns)));
    }

    /** Lists columns, cutting short what may be a row of text where a header should be. */
    static String listed(Collection<String> columns) {
        String list = String.join(", ", columns);
        return list.length() <= 200 ? list : list.substring(0, 200) + " …";
    }

    /** Returns a text, which is not empty. */
    String text(String column) {
        return string(field(column), column);
    }

    /** Returns a name, which JSON may give as a number or a truth value. */
    String label(String column) {
        JsonElement field = field(column);
        return field.isJsonPrimitive() ? string(new JsonPrimitive(field.getAsString()), column) : text(column);
    }

    /** Returns what is said of a task, which only some uses read; null if nothing is. */
    @Nullable
    String task() {
        JsonElement field = fields.get("task");
        return field instanceof JsonPrimitive task && !task.getAsString().isBlank() ? task.getAsString() : null;
    }

    /** Returns a name that is one of several. */
    String label(String column, Collection<String> known) {
        String label = label(column);
        if (!known.contains(label)) {
            throw new IllegalArgumentException("'%s' is %s, which is none of %s".formatted(column, label, known));
        }
        return label;
    }

    /** Returns words: a JSON array, or separated by single spaces. */
    List<String> words(String column) {
        JsonElement field = field(column);
        Stream<String> words = field instanceof JsonArray array
                ? StreamSupport.stream(array.spliterator(), false).map(word -> string(word, column))
                : Stream.of(text(column).split(" ", -1));
        List<String> list = words.toList();
        if (list.isEmpty() || list.contains("")) {
            throw new IllegalArgumentException("'%s' %s"
                    .formatted(column, list.isEmpty() ? "is empty" : "has two spaces in a row or one at an end"));
        }
        return list;
    }

    /** Returns names, none of them twice: a JSON array, or separated by single spaces; both may be empty. */
    Set<String> names(String column) {
        JsonElement field = field(column);
        boolean empty = field instanceof JsonArray array
                ? array.isEmpty()
                : field instanceof JsonPrimitive text && text.getAsString().isBlank();
        List<String> names = empty ? List.of() : words(column);
        Set<String> set = new LinkedHashSet<>(names);
        if (set.size() < names.size()) {
            throw new IllegalArgumentException("'%s' has a name twice: %s".formatted(column, names));
        }
        return set;
    }

    private JsonElement field(String column) {
        if (!has(column)) {
            throw lacks("'" + column + "'");
        }
        JsonElement field = fields.get(column);
        if (field == null) {
            throw new IllegalArgumentException("no '%s'".formatted(column));
        }
        return field;
    }

    private static String string(JsonElement field, String column) {
        if (!(field instanceof JsonPrimitive primitive) || !primitive.isString()) {
            throw new IllegalArgumentException("'%s' is no string: %s".formatted(column, field));
        }
        String text = primitive.getAsString();
        if (text.isBlank()) {
            throw new IllegalArgumentException("'%s' is empty".formatted(column));
        }
        return text;
    }
}
