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
import org.junit.jupiter.params.provider.ValueSource;

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
                "{{ 99999999999999999999 }}; line 1 of the chat template: 99999999999999999999 is too large a number",
                "{{ '\\u00zz' }}; line 1: '\\u00zz' is no character",
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
                "{{ range(-9223372036854775807, 9223372036854775807) }}; a range has at most",
                "{{ range(9223372036854775800, 9223372036854775807, 100) }}; too large",
                "{{ 9223372036854775807 + 1 }}; too large",
                "{{ raise_exception() }}; raise_exception needs 1 arguments or more: 0",
                "{{ strftime_now() }}; strftime_now needs 1",
                "{{ range() }}; range needs 1",
                "{{ 'a'.startswith() }}; needs 1 arguments or more: 0",
                "{{ 'a'.replace('b') }}; replace needs 2 arguments or more: 1",
                "{{ '99999999999999999999'|int }}; is too large a number",
                "{{ strftime_now('%A %Q') }}; strftime_now knows % only before",
                "{{ {[1]: 2} }}; lists and mappings are no keys",
                "{{ [1]|tojson(indent=2000000000) }}; tojson indents by at most 100: 2000000000",
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}; more than 20 macros call each other",
                "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}; more than 5000000 steps",
                "{% for a in range(100000) %}{% set n = range(100000)|length %}{% endfor %}; more than 5000000 steps",
                "{% set ns = namespace(x='aa') %}{% for a in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}; longer than 10000000",
                "{% set ns = namespace(x='aa') %}{% for a in range(99) %}{% set ns.x = ns.x.replace('a', ns.x) %}{% endfor %}; longer than 10000000",
                "{% set ns = namespace(x=['a']) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}; longer than 10000000",
                "{% set ns = namespace(x=['a']) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}; longer than 10000000",
                "{% set ns = namespace(x=[], y=[]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}; more than 5000000 steps",
                "{% set ns = namespace(x='aa') %}{% for a in range(20) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ [ns.x, ns.x, ns.x, ns.x, ns.x]|map('upper')|list|length }}; longer than 10000000",
                "{% set ns = namespace(x='a') %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}; values are nested",
            })
    void render_whatCannotBe_saysWhy(String template, String reason) {
        assertThatThrownBy(() -> ChatTemplate.of(template, Map.of()).render(Map.of()))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{{ 'x'|int }}{{ 'x'|int(7) }}{{ ' -12 '|int }}{{ '3.9'|int }}{{ true|int }}{{ none|int }}; 07-12310",
                "{{ [1, 2][9999999999] is defined }}{{ 'ab'[-9999999999] is defined }}{{ 'ab'[-1] }}; FalseFalseb",
                "{{ 'abc'[::9223372036854775807] }}{{ 'abc'[::-9223372036854775807] }}; ac",
                "{{ 'a-b-c'.replace('-', '+', 1) }}{{ 'a-b-c'.replace('-', '') }}; a+b-cabc",
                "{{ {'a': [], 'b': {}, 'c': ['d', none]} }}; {'a': [], 'b': {}, 'c': ['d', None]}",
                "{{ '\\u00e9\\'' }}; é'",
                "{{ [1, 2]|join('-') }}{{ '+'.join(['a', 'b']) }}{{ '--a-'.strip('-') }}; 1-2a+ba",
                "{{ strftime_now('at %%')}}; at %",
                "{% set m = [{'r': 'u', 't': 'x'}, {'r': 'a', 't': 'y'}, {'r': 's', 't': 'z'}] %}{{ m|selectattr('r', 'in', ['u', 's'])|map(attribute='t')|join('+') }}{{ m|rejectattr('r', 'eq', 'u')|map(attribute='t')|map('upper')|list }}; x+z['Y', 'Z']",
            })
    void render_valuesAtTheEdge_givesWhatJinjaGives(String template, String expected) {
        assertThat(ChatTemplate.of(template, Map.of()).render(Map.of())).isEqualTo(expected);
    }

    @Test
    void render_dayOfTheWeek_isNamed() {
        assertThat(ChatTemplate.of("{{ strftime_now('%A, %d %B %Y') }}", Map.of())
                        .render(Map.of()))
                .matches("[A-Z][a-z]+day, \\d\\d [A-Z][a-z]+ \\d{4}");
    }

    /** A long conversation with a template that looks at all of it for each message stays within what is allowed. */
    @Test
    void render_longConversation_isRendered() {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            messages.add(new Message(i % 2 == 0 ? "user" : "assistant", "What is said. ".repeat(100)));
        }
        String template =
                """
                {% for m in messages %}{% if m['role'] == 'user' and '</think>' not in m.content %}
                {{ loop.index ~ '/' ~ messages|length ~ ' ' ~ m['content']|trim }}{% else %}{{ m.content }}{% endif %}{% endfor %}""";

        assertThat(ChatTemplate.of(template, Map.of()).prompt(messages)).hasSizeGreaterThan(1_390_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s", "1 + ", "not ", "x.y", "{% elif x %}"})
    void of_longTemplates_areReadOrRefused(String piece) {
        String many = piece.repeat(200_000);
        String template =
                switch (piece) {
                    case "%s" -> "{{ '" + many + "' }}";
                    case "x.y" -> "{{ x" + ".y".repeat(200_000) + " }}";
                    case "{% elif x %}" -> "{% if x %}" + many + "{% endif %}";
                    default -> "{{ " + many + "1 }}";
                };
        try {
            ChatTemplate.of(template, Map.of()).render(Map.of());
            assertThat(piece).isEqualTo("%s");
        } catch (TemplateException e) {
            assertThat(e).message().containsAnyOf("nested", "undefined");
        }
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
