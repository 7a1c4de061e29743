package io.peft4j.models.text.chat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.io.PythonJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * How a model wants conversations written, as the {@code chat_template} of its tokenizer says.
 *
 * <p>The template is interpreted: the statements, filters, tests and methods that templates of models use, in the meaning
 * that Hugging Face gives them; what else one asks for is an error that names it. Nothing of Java can be reached from a
 * template, and its steps, calls and texts are bounded. Safe for any number of threads.
 */
public final class ChatTemplate {

    private static final int MAX_RANGE = 100_000;
    private static final JsonPrimitive DEFAULT = new JsonPrimitive("default");

    /** The parts of a date by their letters in Python's {@code strftime}. */
    private static final Map<Character, String> DATE_PARTS = Map.ofEntries(
            Map.entry('a', "EEE"),
            Map.entry('A', "EEEE"),
            Map.entry('b', "MMM"),
            Map.entry('B', "MMMM"),
            Map.entry('d', "dd"),
            Map.entry('H', "HH"),
            Map.entry('I', "hh"),
            Map.entry('m', "MM"),
            Map.entry('M', "mm"),
            Map.entry('p', "a"),
            Map.entry('S', "ss"),
            Map.entry('y', "yy"),
            Map.entry('Y', "yyyy"),
            Map.entry('%', "'%'"));

    /**
     * What someone says.
     *
     * @param role {@code system}, {@code user} or {@code assistant}
     * @param content the text
     */
    public record Message(String role, String content) {}

    private final Node node;
    private final Map<String, String> specialTokens;

    private ChatTemplate(Node node, Map<String, String> specialTokens) {
        this.node = node;
        this.specialTokens = specialTokens;
    }

    /**
     * Returns a template.
     *
     * @param specialTokens texts by the names that templates know, such as {@code bos_token}
     * @throws TemplateException if it is no template, or uses what is not supported
     */
    public static ChatTemplate of(String template, Map<String, String> specialTokens) {
        try {
            return new ChatTemplate(Parser.parse(template), Map.copyOf(specialTokens));
        } catch (StackOverflowError e) { // Nothing but the tree of this template was being made.
            throw new TemplateException("the chat template is nested too deeply");
        }
    }

    /**
     * Returns the template of a model.
     *
     * @param folder with {@code tokenizer_config.json}, and {@code chat_template.jinja} if the template is not in that
     * @throws TemplateException if there is none, or it uses what is not supported
     */
    public static ChatTemplate load(Path folder) throws IOException {
        JsonObject config = PythonJson.read(folder.resolve("tokenizer_config.json"));
        Map<String, String> tokens = new HashMap<>();
        config.asMap().forEach((name, value) -> {
            JsonElement text = value.isJsonObject() ? value.getAsJsonObject().get("content") : value;
            if (name.endsWith("_token") && text != null && text.isJsonPrimitive()) {
                tokens.put(name, text.getAsString());
            }
        });
        Path own = folder.resolve("chat_template.jinja");
        if (Files.exists(own)) {
            return of(Files.readString(own), tokens);
        }
        JsonElement template = config.get("chat_template");
        if (template != null && template.isJsonArray()) {
            for (JsonElement named : template.getAsJsonArray()) {
                if (named instanceof JsonObject object && DEFAULT.equals(object.get("name"))) {
                    template = object.get("template");
                }
            }
        }
        if (template == null || !template.isJsonPrimitive()) {
            throw new TemplateException("%s has no chat template; base models have none".formatted(folder));
        }
        return of(template.getAsString(), tokens);
    }

    /** Returns a conversation as the model was trained on it. */
    public String conversation(List<Message> messages) {
        return render(variables(messages, false));
    }

    /** Returns a conversation up to where the model answers. */
    public String prompt(List<Message> messages) {
        return render(variables(messages, true));
    }

    /**
     * Returns what the template makes of variables: texts, numbers, truth, lists, mappings.
     *
     * @throws TemplateException if the template refuses them
     */
    public String render(Map<String, Object> variables) {
        Map<String, Object> names = new HashMap<>(specialTokens);
        variables.forEach((name, value) -> names.put(name, Values.of(value)));
        names.put("namespace", (Values.Callable) (arguments, named) -> new Namespace(named));
        names.put("range", (Values.Callable) (arguments, named) -> range(arguments));
        names.put("strftime_now", (Values.Callable)
                (arguments, named) -> now(Values.print(Values.argument(arguments, 0, "strftime_now"))));
        names.put("raise_exception", (Values.Callable) (arguments, named) -> {
            throw new TemplateException(
                    "the chat template refuses: " + Values.print(Values.argument(arguments, 0, "raise_exception")));
        });
        Scope scope = new Scope(names);
        try {
            node.render(scope);
        } catch (ArithmeticException e) {
            throw new TemplateException("the chat template computes numbers that are too large");
        } catch (StackOverflowError e) { // Nothing but the values of this rendering was being changed.
            throw new TemplateException("the chat template is nested too deeply");
        }
        return scope.printed();
    }

    private static Map<String, Object> variables(List<Message> messages, boolean answer) {
        List<Map<String, Object>> list = messages.stream()
                .map(message -> {
                    Map<String, Object> map = new LinkedHashMap<>();
                    map.put("role", message.role());
                    map.put("content", message.content());
                    return map;
                })
                .toList();
        return Map.of("messages", list, "add_generation_prompt", answer);
    }

    private static Object range(List<Object> arguments) {
        long start = arguments.size() > 1 ? Values.whole(arguments.get(0)) : 0;
        long end = Values.whole(Values.argument(arguments, arguments.size() > 1 ? 1 : 0, "range"));
        long step = arguments.size() > 2 ? Values.whole(arguments.get(2)) : 1;
        if (step == 0 || ((double) end - start) / step > MAX_RANGE) {
            throw new TemplateException("a range has at most %d numbers and a step that is not 0".formatted(MAX_RANGE));
        }
        return LongStream.iterate(start, i -> step > 0 ? i < end : i > end, i -> Math.addExact(i, step))
                .boxed()
                .map(i -> (Object) i)
                .toList();
    }

    private static String now(String format) {
        LocalDateTime now = LocalDateTime.now(ZoneId.systemDefault());
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            if (format.charAt(i) != '%') {
                text.append(format.charAt(i));
                continue;
            }
            String part = ++i < format.length() ? DATE_PARTS.get(format.charAt(i)) : null;
            if (part == null) {
                throw new TemplateException("strftime_now knows %% only before %s: %s"
                        .formatted(new TreeSet<>(DATE_PARTS.keySet()), format));
            }
            text.append(DateTimeFormatter.ofPattern(part, Locale.ENGLISH).format(now));
        }
        return text.toString();
    }
}
