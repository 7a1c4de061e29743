package io.peft4j.models.text.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What {@code x | …} makes of a value. */
final class Filters {

    /** A function of a value. */
    @FunctionalInterface
    interface Filter {
        Object apply(Object value, List<Object> arguments, Map<String, Object> named);
    }

    private static final Map<String, Filter> ALL = Map.ofEntries(
            Map.entry("trim", (x, a, n) -> Methods.call(text(x), "strip", a, n)),
            Map.entry("tojson", Filters::json),
            Map.entry("length", (x, a, n) -> Values.length(x)),
            Map.entry("count", (x, a, n) -> Values.length(x)),
            Map.entry("upper", (x, a, n) -> text(x).toUpperCase(Locale.ROOT)),
            Map.entry("lower", (x, a, n) -> text(x).toLowerCase(Locale.ROOT)),
            Map.entry("capitalize", (x, a, n) -> Methods.call(text(x), "capitalize", a, n)),
            Map.entry("title", (x, a, n) -> Methods.call(text(x), "title", a, n)),
            Map.entry("string", (x, a, n) -> text(x)),
            Map.entry("safe", (x, a, n) -> x),
            Map.entry("int", Filters::whole),
            Map.entry("list", (x, a, n) -> Values.list(x)),
            Map.entry("first", (x, a, n) -> Values.item(Values.list(x), 0L)),
            Map.entry("last", (x, a, n) -> Values.item(Values.list(x), -1L)),
            Map.entry("join", Filters::join),
            Map.entry("replace", (x, a, n) -> Methods.call(text(x), "replace", a, n)),
            Map.entry("default", Filters::otherwise),
            Map.entry("d", Filters::otherwise),
            Map.entry("items", (x, a, n) -> x == Values.UNDEFINED ? List.of() : Methods.call(x, "items", a, n)),
            Map.entry("dictsort", (x, a, n) -> Values.list(Methods.call(x, "items", a, n)).stream()
                    .sorted(Comparator.comparing(
                            entry -> text(Values.item(entry, 0L)).toLowerCase(Locale.ROOT)))
                    .toList()),
            Map.entry("reverse", (x, a, n) -> Values.slice(x, Values.NONE, Values.NONE, -1L)),
            Map.entry("map", Filters::map),
            Map.entry("selectattr", (x, a, n) -> select(x, a, true)),
            Map.entry("rejectattr", (x, a, n) -> select(x, a, false)));

    private static final long MAX_COMPARISONS = 10_000_000;

    private static final Pattern WHOLE = Pattern.compile("[-+]?\\d{1,100}");
    private static final Pattern FRACTION = Pattern.compile("[-+]?\\d{1,15}\\.\\d{0,100}");

    private Filters() {}

    static Filter named(String name, Cursor cursor) {
        Filter filter = ALL.get(name);
        if (filter == null) {
            throw cursor.fault("filter '%s' is not supported, only %s".formatted(name, new TreeSet<>(ALL.keySet())));
        }
        return filter;
    }

    private static String text(Object x) {
        return Values.print(x);
    }

    private static Object json(Object x, List<Object> arguments, Map<String, Object> named) {
        Object indent = named.getOrDefault("indent", arguments.isEmpty() ? Values.NONE : arguments.get(0));
        return Json.text(x, indent == Values.NONE ? -1 : Math.toIntExact(Values.whole(indent)));
    }

    private static Object join(Object x, List<Object> arguments, Map<String, Object> named) {
        String between = arguments.isEmpty() ? "" : text(arguments.get(0));
        return Text.joined(Values.list(x), between);
    }

    /** Returns a whole number as Jinja reads it: 0, or another default, for what is none. */
    private static Object whole(Object x, List<Object> arguments, Map<String, Object> named) {
        Object other = named.getOrDefault("default", arguments.isEmpty() ? 0L : arguments.get(0));
        if (x instanceof Number number) {
            return number.longValue();
        } else if (x instanceof Boolean truth) {
            return truth ? 1L : 0L;
        }
        String digits = text(x).strip();
        if (WHOLE.matcher(digits).matches()) {
            try {
                return Long.parseLong(digits);
            } catch (NumberFormatException e) {
                throw new TemplateException("%s is too large a number".formatted(digits));
            }
        }
        return FRACTION.matcher(digits).matches() ? (Object) (long) Double.parseDouble(digits) : other;
    }

    private static Object otherwise(Object x, List<Object> arguments, Map<String, Object> named) {
        Object other = arguments.isEmpty() ? "" : arguments.get(0);
        Object falseToo = named.getOrDefault("boolean", arguments.size() > 1 ? arguments.get(1) : false);
        boolean missing = x == Values.UNDEFINED || (Values.isTrue(falseToo) && !Values.isTrue(x));
        return missing ? other : x;
    }

    private static Object map(Object x, List<Object> arguments, Map<String, Object> named) {
        if (named.containsKey("attribute")) {
            return Values.list(x).stream()
                    .map(item -> Methods.attribute(item, text(named.get("attribute"))))
                    .toList();
        }
        Filter filter = ALL.get(text(Values.argument(arguments, 0, "map")));
        if (filter == null) {
            throw new TemplateException("map takes an attribute or the name of a filter: " + arguments);
        }
        List<Object> rest = arguments.subList(1, arguments.size());
        List<Object> results = new ArrayList<>();
        long size = 0;
        for (Object item : Values.list(x)) {
            Object result = filter.apply(item, rest, named);
            size += result instanceof String || result instanceof Collection ? Values.length(result) : 1;
            Text.check(size);
            results.add(result);
        }
        return results;
    }

    private static Object select(Object x, List<Object> arguments, boolean wanted) {
        String attribute = text(Values.argument(arguments, 0, "selectattr"));
        List<Object> items = Values.list(x);
        Object argument = arguments.size() > 2 ? arguments.get(2) : Values.NONE;
        checkComparisons(items, argument);
        return items.stream()
                .filter(item -> {
                    Object value = Methods.attribute(item, attribute);
                    if (arguments.size() == 1) {
                        return wanted == Values.isTrue(value);
                    }
                    Tests.Test test =
                            Tests.named(text(arguments.get(1)), new Cursor(List.of(new Token(Token.Kind.END, "", 0))));
                    return wanted == test.holds(value, argument);
                })
                .toList();
    }

    /** Refuses to compare each of many items with something that is large or nested. */
    private static void checkComparisons(List<Object> items, Object argument) {
        if (argument instanceof Collection<?> choices) {
            choices.forEach(Values::key);
        } else {
            Values.key(argument);
        }
        boolean several = argument instanceof String || argument instanceof Collection;
        if (several && items.size() * Values.length(argument) > MAX_COMPARISONS) {
            throw new TemplateException("the chat template compares more than %d values".formatted(MAX_COMPARISONS));
        }
    }
}
