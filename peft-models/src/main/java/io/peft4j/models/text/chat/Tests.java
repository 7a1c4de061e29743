package io.peft4j.models.text.chat;

import java.util.Collection;
import java.util.Map;
import java.util.TreeSet;

/** What {@code x is …} asks. */
final class Tests {

    /** A question about a value. */
    @FunctionalInterface
    interface Test {
        boolean holds(Object value, Object argument);
    }

    private static final Map<String, Test> ALL = Map.ofEntries(
            Map.entry("defined", (x, a) -> x != Values.UNDEFINED),
            Map.entry("undefined", (x, a) -> x == Values.UNDEFINED),
            Map.entry("none", (x, a) -> x == Values.NONE),
            Map.entry("string", (x, a) -> x instanceof String),
            Map.entry("number", (x, a) -> x instanceof Number),
            Map.entry("integer", (x, a) -> x instanceof Long),
            Map.entry("float", (x, a) -> x instanceof Double),
            Map.entry("boolean", (x, a) -> x instanceof Boolean),
            Map.entry("true", (x, a) -> x.equals(true)),
            Map.entry("false", (x, a) -> x.equals(false)),
            Map.entry("mapping", (x, a) -> x instanceof Map),
            Map.entry("sequence", (x, a) -> x instanceof Collection || x instanceof String || x instanceof Map),
            Map.entry("iterable", (x, a) -> x instanceof Collection || x instanceof String || x instanceof Map),
            Map.entry("callable", (x, a) -> x instanceof Values.Callable),
            Map.entry("odd", (x, a) -> Math.floorMod(Values.whole(x), 2L) == 1),
            Map.entry("even", (x, a) -> Math.floorMod(Values.whole(x), 2L) == 0),
            Map.entry("equalto", Values::areEqual),
            Map.entry("eq", Values::areEqual),
            Map.entry("in", (x, a) -> Values.contains(a, x)));

    private Tests() {}

    static Test named(String name, Cursor cursor) {
        Test test = ALL.get(name);
        if (test == null) {
            throw cursor.fault("test '%s' is not supported, only %s".formatted(name, new TreeSet<>(ALL.keySet())));
        }
        return test;
    }
}
