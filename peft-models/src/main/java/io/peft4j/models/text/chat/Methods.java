package io.peft4j.models.text.chat;

import java.util.ArrayList;
import java.util.Arrays;
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
            case "find" -> (long) text.indexOf(Values.print(arguments.get(0)));
            case "join" ->
                String.join(
                        text,
                        Values.list(arguments.get(0)).stream()
                                .map(Values::print)
                                .toList());
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
                Object value = map.get(arguments.get(0));
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
        return arguments.get(0) instanceof String text ? List.of(text) : arguments.get(0);
    }

    private static String strip(String text, List<Object> arguments, boolean left, boolean right) {
        String characters =
                arguments.isEmpty() || arguments.get(0) == Values.NONE ? "" : Values.print(arguments.get(0));
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

    private static boolean isStripped(char c, String characters) {
        return characters.isEmpty() ? Character.isWhitespace(c) || c == '\u00a0' : characters.indexOf(c) >= 0;
    }

    private static String capitalised(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(Locale.ROOT)
                        + text.substring(1).toLowerCase(Locale.ROOT);
    }

    private static String replace(String text, List<Object> arguments) {
        String old = Values.print(arguments.get(0));
        String replacement = Values.print(arguments.get(1));
        if (arguments.size() < 3 || arguments.get(2) == Values.NONE) {
            return text.replace(old, replacement);
        }
        String result = text;
        int from = 0;
        for (long left = Values.whole(arguments.get(2)); left > 0; left--) {
            int at = result.indexOf(old, from);
            if (at < 0) {
                break;
            }
            result = result.substring(0, at) + replacement + result.substring(at + old.length());
            from = at + replacement.length();
        }
        return result;
    }

    private static List<Object> split(String text, List<Object> arguments) {
        if (arguments.isEmpty() || arguments.get(0) == Values.NONE) {
            return text.isBlank()
                    ? List.of()
                    : new ArrayList<>(Arrays.asList(text.strip().split("\\s+")));
        }
        int limit = arguments.size() > 1 ? Math.toIntExact(Values.whole(arguments.get(1))) + 1 : -1;
        return new ArrayList<>(
                Arrays.asList(text.split(Pattern.quote(Values.print(arguments.get(0))), limit <= 0 ? -1 : limit)));
    }

    private static TemplateException unsupported(String name) {
        return new TemplateException("the chat template calls the method '%s', which is not supported".formatted(name));
    }
}
