package io.peft4j.models.text.chat;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names with their values; a loop's names end with it, as in Jinja. */
final class Scope {

    private final @Nullable Scope outer;
    private final Map<String, Object> values = new HashMap<>();
    private final Text out;
    private final Budget budget;

    Scope(Map<String, Object> values) {
        this(null, new Text(), new Budget());
        this.values.putAll(values);
    }

    private Scope(@Nullable Scope outer, Text out, Budget budget) {
        this.outer = outer;
        this.out = out;
        this.budget = budget;
    }

    /** Returns what the rendering may still use. */
    Budget budget() {
        return budget;
    }

    Scope inner() {
        return new Scope(this, out, budget);
    }

    /** Returns a scope inside this one that prints elsewhere. */
    Scope captured() {
        return new Scope(this, new Text(), budget);
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
        budget.count(text);
        out.add(text);
    }

    String printed() {
        return out.toString();
    }
}
