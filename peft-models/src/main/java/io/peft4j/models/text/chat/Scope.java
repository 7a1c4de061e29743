package io.peft4j.models.text.chat;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names with their values; a loop's names end with it, as in Jinja. */
final class Scope {

    private static final int MAX_OUTPUT = 10_000_000;

    private final @Nullable Scope outer;
    private final Map<String, Object> values = new HashMap<>();
    private final StringBuilder out;

    Scope(Map<String, Object> values) {
        this(null, new StringBuilder());
        this.values.putAll(values);
    }

    private Scope(@Nullable Scope outer, StringBuilder out) {
        this.outer = outer;
        this.out = out;
    }

    Scope inner() {
        return new Scope(this, out);
    }

    /** Returns a scope inside this one that prints elsewhere. */
    Scope captured() {
        return new Scope(this, new StringBuilder());
    }

    Object get(String name) {
        Object value = values.get(name);
        if (value != null) {
            return value;
        }
        return outer == null ? Values.UNDEFINED : outer.get(name);
    }

    void set(String name, Object value) {
        values.put(name, value);
    }

    void print(String text) {
        if (out.length() + text.length() > MAX_OUTPUT) {
            throw new TemplateException("the text is longer than %d characters".formatted(MAX_OUTPUT));
        }
        out.append(text);
    }

    String printed() {
        return out.toString();
    }
}
