package io.peft4j.models.text.chat;

import java.util.HashMap;
import java.util.Map;

/** What {@code namespace(…)} makes: attributes that loops may set for what comes after them. */
final class Namespace {

    private final Map<String, Object> attributes = new HashMap<>();

    Namespace(Map<String, Object> attributes) {
        this.attributes.putAll(attributes);
    }

    Object get(String name) {
        return attributes.getOrDefault(name, Values.UNDEFINED);
    }

    void set(String name, Object value) {
        attributes.put(name, value);
    }
}
