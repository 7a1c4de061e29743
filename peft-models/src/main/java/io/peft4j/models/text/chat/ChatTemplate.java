package io.peft4j.models.text.chat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.peft4j.io.PythonJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * How a model wants conversations written, as the {@code chat_template} of its tokenizer says.
 *
 * <p>The template is interpreted: the statements, filters, tests and methods that templates of models use, in the meaning
 * that Hugging Face gives them; what else one asks for is an error that names it. Nothing of Java can be reached from a
 * template, and what it prints is bounded. Safe for any number of threads.
 */
public final class ChatTemplate {

    private static final int MAX_RANGE = 100_000;

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
        return new ChatTemplate(Parser.parse(template), Map.copyOf(specialTokens));
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
                if (named.getAsJsonObject().get("name").getAsString().equals("default")) {
                    template = named.getAsJsonObject().get("template");
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
        names.put("strftime_now", (Values.Callable) (arguments, named) -> now(Values.print(arguments.get(0))));
        names.put("raise_exception", (Values.Callable) (arguments, named) -> {
            throw new TemplateException("the chat template refuses: " + Values.print(arguments.get(0)));
        });
        Scope scope = new Scope(names);
        node.render(scope);
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
        long end = Values.whole(arguments.get(arguments.size() > 1 ? 1 : 0));
        long step = arguments.size() > 2 ? Values.whole(arguments.get(2)) : 1;
        if (step == 0 || Math.abs((end - start) / step) > MAX_RANGE) {
            throw new TemplateException("a range has at most %d numbers and a step that is not 0".formatted(MAX_RANGE));
        }
        return LongStream.iterate(start, i -> step > 0 ? i < end : i > end, i -> i + step)
                .boxed()
                .map(i -> (Object) i)
                .toList();
    }

    private static String now(String format) {
        String pattern = format.replace("%d", "dd")
                .replace("%b", "MMM")
                .replace("%B", "MMMM")
                .replace("%Y", "yyyy")
                .replace("%m", "MM")
                .replace("%H", "HH")
                .replace("%M", "mm")
                .replace("%S", "ss");
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH)
                .format(LocalDateTime.now(java.time.ZoneId.systemDefault()));
    }
}
