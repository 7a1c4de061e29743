package io.peft4j.models.text.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What values of a template mean, as in Python: texts, whole and other numbers, truth, lists, mappings, none, undefined. */
final class Values {

    /** Python's {@code None}. */
    static final Object NONE = new Object();

    /** What a name without a value stands for. */
    static final Object UNDEFINED = new Object();

    /** Something that can be called. */
    @FunctionalInterface
    interface Callable {
        Object call(List<Object> arguments, Map<String, Object> named);
    }

    private static final int MAX_LISTED = 1_000_000;

    private Values() {}

    static boolean isTrue(Object value) {
        if (value instanceof Boolean truth) {
            return truth;
        } else if (value instanceof Number number) {
            return number.doubleValue() != 0;
        } else if (value instanceof String text) {
            return !text.isEmpty();
        } else if (value instanceof Collection<?> items) {
            return !items.isEmpty();
        } else if (value instanceof Map<?, ?> map) {
            return !map.isEmpty();
        }
        return value != NONE && value != UNDEFINED;
    }

    /** Returns a value as an output tag prints it. */
    static String print(Object value) {
        if (value == UNDEFINED) {
            return "";
        }
        return value instanceof String text ? text : represent(value);
    }

    private static String represent(Object value) {
        Text text = new Text();
        represent(value, text, 0);
        return text.toString();
    }

    private static void represent(Object value, Text out, int depth) {
        Text.checkDepth(depth);
        if (value instanceof String text) {
            out.add("'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'");
        } else if (value instanceof Boolean truth) {
            out.add(truth ? "True" : "False");
        } else if (value == NONE) {
            out.add("None");
        } else if (value instanceof Collection<?> items) {
            String before = "[";
            for (Object item : items) {
                represent(item, out.add(before), depth + 1);
                before = ", ";
            }
            out.add(items.isEmpty() ? "[]" : "]");
        } else if (value instanceof Map<?, ?> map) {
            String before = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                represent(entry.getKey(), out.add(before), depth + 1);
                represent(entry.getValue(), out.add(": "), depth + 1);
                before = ", ";
            }
            out.add(map.isEmpty() ? "{}" : "}");
        } else {
            out.add(String.valueOf(value));
        }
    }

    /** Returns an argument of a function. */
    static Object argument(List<Object> arguments, int index, String function) {
        if (index >= arguments.size()) {
            throw new TemplateException(
                    "%s needs %d arguments or more: %d".formatted(function, index + 1, arguments.size()));
        }
        return arguments.get(index);
    }

    /** Returns a key of a mapping, or another value that is compared often; as in Python it is no list and no mapping. */
    static Object key(Object value) {
        if (value instanceof Collection || value instanceof Map) {
            throw new TemplateException("lists and mappings are no keys, and no list of those can be selected");
        }
        return value;
    }

    /** Returns how many characters or items there are. */
    static long length(Object value) {
        return value instanceof String text
                ? text.codePointCount(0, text.length())
                : list(value).size();
    }

    static boolean areEqual(Object a, Object b) {
        if (a instanceof Number x && b instanceof Number y) {
            return x.doubleValue() == y.doubleValue();
        }
        return a.equals(b);
    }

    static int compare(Object a, Object b) {
        if (a instanceof Number x && b instanceof Number y) {
            return Double.compare(x.doubleValue(), y.doubleValue());
        } else if (a instanceof String x && b instanceof String y) {
            return x.compareTo(y);
        }
        throw new TemplateException("%s and %s cannot be compared".formatted(represent(a), represent(b)));
    }

    static boolean contains(Object container, Object item) {
        if (container instanceof String text) {
            return text.contains(print(item));
        } else if (container instanceof Map<?, ?> map) {
            return map.containsKey(key(item));
        }
        return list(container).stream().anyMatch(other -> areEqual(other, item));
    }

    /** Returns what a loop goes through. */
    static List<Object> list(Object value) {
        if (value instanceof Collection<?> items) {
            return List.copyOf(items);
        } else if (value instanceof Map<?, ?> map) {
            return List.copyOf(map.keySet());
        } else if (value instanceof String text) {
            checkListed(text);
            return text.codePoints().mapToObj(Character::toString).collect(Collectors.toUnmodifiableList());
        } else if (value == UNDEFINED) {
            return List.of();
        }
        throw new TemplateException("%s is no list".formatted(represent(value)));
    }

    private static void checkListed(String text) {
        if (text.length() > MAX_LISTED) {
            throw new TemplateException("a text of more than %d characters is no list".formatted(MAX_LISTED));
        }
    }

    /** Returns an item of a mapping or a list, or undefined. */
    static Object item(Object container, Object key) {
        if (container == UNDEFINED) {
            throw new TemplateException("%s is asked of something undefined".formatted(represent(key)));
        }
        if (container instanceof Map<?, ?> map) {
            Object value = map.get(key(key));
            return value == null ? UNDEFINED : value;
        }
        if (!(key instanceof Long index) || !(container instanceof List<?> || container instanceof String)) {
            return UNDEFINED;
        }
        long size = length(container);
        int i = (int) Math.max(-1, Math.min(index < 0 ? index + size : index, size));
        if (i < 0 || i == size) {
            return UNDEFINED;
        }
        return container instanceof String text
                ? Character.toString(text.codePointAt(text.offsetByCodePoints(0, i)))
                : ((List<?>) container).get(i);
    }

    /** Returns a slice, as Python's {@code [start:end:step]} with either left out. */
    static Object slice(Object container, Object start, Object end, Object step) {
        List<Object> items = list(container);
        long stride = step == NONE ? 1 : whole(step);
        if (stride == 0) {
            throw new TemplateException("the step of a slice is 0");
        }
        int size = items.size();
        stride = Math.max(-size - 1, Math.min(stride, size + 1));
        long first = start == NONE ? (stride > 0 ? 0 : size - 1) : bound(whole(start), size, stride);
        long last = end == NONE ? (stride > 0 ? size : -1) : bound(whole(end), size, stride);
        List<Object> slice = new ArrayList<>();
        for (long i = first; stride > 0 ? i < last : i > last; i += stride) {
            slice.add(items.get((int) i));
        }
        return container instanceof String ? slice.stream().map(String::valueOf).collect(Collectors.joining()) : slice;
    }

    private static long bound(long index, int size, long stride) {
        long from = index < 0 ? index + size : index;
        return stride > 0 ? Math.max(0, Math.min(from, size)) : Math.max(-1, Math.min(from, size - 1L));
    }

    static long whole(Object value) {
        if (value instanceof Long number) {
            return number;
        }
        throw new TemplateException("%s is no whole number".formatted(represent(value)));
    }

    /** Returns x with Java's collections and null turned into those of a template. */
    static Object of(@org.jspecify.annotations.Nullable Object x) {
        if (x == null) {
            return NONE;
        } else if (x instanceof Integer number) {
            return (long) number;
        } else if (x instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, value) -> copy.put(String.valueOf(key), of(value)));
            return Collections.unmodifiableMap(copy);
        } else if (x instanceof Collection<?> items) {
            return items.stream().map(Values::of).toList();
        } else if (x instanceof String || x instanceof Long || x instanceof Double || x instanceof Boolean) {
            return x;
        }
        throw new TemplateException("templates take texts, numbers, lists and mappings: " + x.getClass());
    }
}
