package io.peft4j.models.text.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Attributes and methods of values; nothing of Java is reached by them. */
final class Methods {

    private Methods() {}

    static Object attribute(Object value, String name) {
        if (value instanceof Namespace namespace) {
            return namespace.get(name);
        }
        return Values.item(value, name);
    }

    static Object call(Object value, String name, List<Object> arguments, Map<String, Object> named) {
        if (value instanceof String text) {
            return call(text, name, arguments);
        } else if (value instanceof Map<?, ?> map) {
            return call(map, name, arguments, named);
        } else if (attribute(value, name) instanceof Values.Callable callable) {
            return callable.call(arguments, named);
        }
        throw unsupported(name);
    }

    private static Object call(String text, String name, List<Object> arguments) {
        return switch (name) {
            case "strip" -> strip(text, arguments, true, true);
            case "lstrip" -> strip(text, arguments, true, false);
            case "rstrip" -> strip(text, arguments, false, true);
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "capitalize" -> capitalised(text);
            case "title" -> Pattern.compile("\\p{L}+").matcher(text).replaceAll(word -> capitalised(word.group()));
            case "startswith" ->
                Values.list(prefixes(arguments)).stream().anyMatch(p -> text.startsWith(Values.print(p)));
            case "endswith" -> Values.list(prefixes(arguments)).stream().anyMatch(p -> text.endsWith(Values.print(p)));
            case "replace" -> replace(text, arguments);
            case "split" -> split(text, arguments);
            case "find" -> (long) text.indexOf(Values.print(Values.argument(arguments, 0, name)));
            case "join" -> Text.joined(Values.list(Values.argument(arguments, 0, name)), text);
            default -> throw unsupported(name);
        };
    }

    private static Object call(Map<?, ?> map, String name, List<Object> arguments, Map<String, Object> named) {
        return switch (name) {
            case "items" ->
                map.entrySet().stream()
                        .map(entry -> (Object) List.of(entry.getKey(), entry.getValue()))
                        .toList();
            case "keys" -> List.copyOf(map.keySet());
            case "values" -> List.copyOf(map.values());
            case "get" -> {
                Object value = map.get(Values.key(Values.argument(arguments, 0, name)));
                yield value != null ? value : arguments.size() > 1 ? arguments.get(1) : Values.NONE;
            }
            default -> {
                if (map.get(name) instanceof Values.Callable callable) {
                    yield callable.call(arguments, named);
                }
                throw unsupported(name);
            }
        };
    }

    private static Object prefixes(List<Object> arguments) {
        Object prefixes = Values.argument(arguments, 0, "startswith or endswith");
        return prefixes instanceof String text ? List.of(text) : prefixes;
    }

    private static String strip(String text, List<Object> arguments, boolean left, boolean right) {
        BitSet characters = new BitSet();
        if (!arguments.isEmpty() && arguments.get(0) != Values.NONE) {
            Values.print(arguments.get(0)).chars().forEach(characters::set);
        }
        int start = 0;
        int end = text.length();
        while (left && start < end && isStripped(text.charAt(start), characters)) {
            start++;
        }
        while (right && end > start && isStripped(text.charAt(end - 1), characters)) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean isStripped(char c, BitSet characters) {
        return characters.isEmpty() ? Character.isWhitespace(c) || c == '\u00a0' : characters.get(c);
    }

    private static String capitalised(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(Locale.ROOT)
                        + text.substring(1).toLowerCase(Locale.ROOT);
    }

    private static String replace(String text, List<Object> arguments) {
        String old = Values.print(Values.argument(arguments, 0, "replace"));
        String replacement = Values.print(Values.argument(arguments, 1, "replace"));
        boolean all = arguments.size() < 3 || arguments.get(2) == Values.NONE;
        if (old.isEmpty()) {
            throw new TemplateException("replace needs a text to replace that is not empty");
        }
        Text result = new Text();
        int from = 0;
        int at = text.indexOf(old);
        for (long left = all ? -1 : Values.whole(arguments.get(2)); left != 0 && at >= 0; left--) {
            result.add(text.substring(from, at)).add(replacement);
            from = at + old.length();
            at = text.indexOf(old, from);
        }
        return result.add(text.substring(from)).toString();
    }

    private static List<Object> split(String text, List<Object> arguments) {
        if (arguments.isEmpty() || arguments.get(0) == Values.NONE) {
            return text.isBlank()
                    ? List.of()
                    : new ArrayList<>(Arrays.asList(text.strip().split("\\s+")));
        }
        String between = Values.print(arguments.get(0));
        if (between.isEmpty()) {
            throw new TemplateException("split needs a text to split at that is not empty");
        }
        int limit = arguments.size() > 1 ? Math.addExact(Math.toIntExact(Values.whole(arguments.get(1))), 1) : -1;
        return new ArrayList<>(Arrays.asList(text.split(Pattern.quote(between), limit <= 0 ? -1 : limit)));
    }

    private static TemplateException unsupported(String name) {
        return new TemplateException("the chat template calls the method '%s', which is not supported".formatted(name));
    }
}
