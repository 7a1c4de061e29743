package io.peft4j.models.text.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.models.text.chat.ChatTemplate.Message;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What transformers makes of the same templates; generate_chat.py of the test kit wrote the cases. */
class ChatTemplateTest {

    private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void render_templateOfAModel_givesTransformersText(String name, JsonObject expected) {
        ChatTemplate template = ChatTemplate.of(expected.get("template").getAsString(), TOKENS);
        List<Message> messages = new ArrayList<>();
        for (JsonElement message : expected.getAsJsonArray("messages")) {
            JsonObject fields = message.getAsJsonObject();
            messages.add(new Message(
                    fields.get("role").getAsString(), fields.get("content").getAsString()));
        }
        boolean prompt = expected.get("prompt").getAsBoolean();

        if (expected.has("refused")) {
            assertThatThrownBy(() -> render(template, messages, prompt))
                    .isInstanceOf(TemplateException.class)
                    .hasMessageEndingWith(expected.get("refused").getAsString());
        } else {
            assertThat(render(template, messages, prompt))
                    .isEqualTo(expected.get("text").getAsString());
        }
    }

    private static String render(ChatTemplate template, List<Message> messages, boolean prompt) {
        return prompt ? template.prompt(messages) : template.conversation(messages);
    }

    static Stream<Arguments> cases() throws IOException {
        try (InputStream in = ChatTemplateTest.class.getResourceAsStream("cases.json")) {
            return JsonParser.parseString(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .getAsJsonArray()
                    .asList()
                    .stream()
                    .map(JsonElement::getAsJsonObject)
                    .map(object -> Arguments.of(object.get("name").getAsString(), object));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{% include 'x' %}; line 1 of the chat template: statement 'include' is not supported",
                "{{ x | shout }}; filter 'shout' is not supported",
                "{{ x is prime }}; test 'prime' is not supported",
                "{% if x %}a; 'STATEMENT' expected",
                "{{ x; a tag does not end",
                "{# x; a comment does not end",
                "{{ x ? y }}; '?' is not understood",
                "{{ }}; '' is no value",
            })
    void of_whatIsNoTemplate_saysWhy(String template, String reason) {
        assertThatThrownBy(() -> ChatTemplate.of(template, Map.of()))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining(reason.equals("'STATEMENT' expected") ? "is needed before" : reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{{ ''.getClass() }}; method 'getClass', which is not supported",
                "{{ missing.name }}; is asked of something undefined",
                "{{ 1 / 0 }}; divides by 0",
                "{{ range(1000000000) }}; a range has at most",
                "{{ 'a' + 1 }}; which is no number",
                "{% for x in 3 %}{% endfor %}; is no list",
            })
    void render_whatCannotBe_saysWhy(String template, String reason) {
        assertThatThrownBy(() -> ChatTemplate.of(template, Map.of()).render(Map.of()))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void of_deepNesting_isRefused() {
        assertThatThrownBy(() -> ChatTemplate.of("{{ " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }}", Map.of()))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining("things are nested");
    }

    @Test
    void load_folders_findsTheTemplateWhereItIs() throws IOException {
        write(
                "tokenizer_config.json",
                "{\"bos_token\": {\"content\": \"<s>\"}, \"chat_template\": \"{{ bos_token }}a\"}");
        assertThat(ChatTemplate.load(folder).prompt(List.of())).isEqualTo("<s>a");

        write(
                "tokenizer_config.json",
                "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"t\"}, {\"name\": \"default\", \"template\": \"d\"}]}");
        assertThat(ChatTemplate.load(folder).prompt(List.of())).isEqualTo("d");

        write("chat_template.jinja", "own{% if add_generation_prompt %}!{% endif %}\n");
        assertThat(ChatTemplate.load(folder).prompt(List.of())).isEqualTo("own!");
    }

    @Test
    void load_noTemplate_saysSo() throws IOException {
        write("tokenizer_config.json", "{}");

        assertThatThrownBy(() -> ChatTemplate.load(folder))
                .isInstanceOf(TemplateException.class)
                .hasMessage(folder + " has no chat template; base models have none");
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }
}
