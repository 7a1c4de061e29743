package io.peft4j.models.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tokens that are kept whole in a text, numbered as Hugging Face does: one that no vocabulary has gets the next id. */
final class AddedTokens {

    private final JsonObject vocabulary;
    private final Map<String, JsonObject> tokens = new LinkedHashMap<>();
    private int next;

    AddedTokens(JsonObject vocabulary) {
        this.vocabulary = vocabulary;
        next = vocabulary.size();
    }

    /** Returns how a token is spelt that a file gives as a text or as an object. */
    static String spelling(JsonElement token) {
        JsonElement spelling = token instanceof JsonObject object ? object.get("content") : token;
        if (!(spelling instanceof JsonPrimitive text)) {
            throw new IllegalArgumentException("a token must be a text or an object with \"content\": " + token);
        }
        return text.getAsString();
    }

    /** Adds a token as a file gives it, unless it is there. */
    void add(JsonElement token, boolean special) {
        JsonObject described = token instanceof JsonObject object ? object : new JsonObject();
        boolean isSpecial = special || is(described, "special", false);
        String spelling = spelling(token);
        JsonObject known = tokens.get(spelling);
        if (known != null) {
            known.addProperty("special", isSpecial || is(known, "special", false));
            return;
        }
        JsonObject added = new JsonObject();
        added.addProperty(
                "id", vocabulary.has(spelling) ? vocabulary.get(spelling).getAsInt() : next++);
        added.addProperty("content", spelling);
        for (String key : new String[] {"single_word", "lstrip", "rstrip"}) {
            added.addProperty(key, is(described, key, false));
        }
        added.addProperty("normalized", is(described, "normalized", !isSpecial));
        added.addProperty("special", isSpecial);
        tokens.put(spelling, added);
    }

    private static boolean is(JsonObject token, String key, boolean otherwise) {
        return (token.get(key) instanceof JsonPrimitive value && value.isBoolean()) ? value.getAsBoolean() : otherwise;
    }

    /** Returns the id of a token that was added. */
    int id(String spelling) {
        JsonObject token = tokens.get(spelling);
        if (token == null) {
            throw new IllegalArgumentException(
                    "%s is none of the added tokens %s".formatted(spelling, tokens.keySet()));
        }
        return token.get("id").getAsInt();
    }

    /** Returns the tokens in the order of their ids, as {@code tokenizer.json} has them. */
    JsonArray list() {
        JsonArray list = new JsonArray();
        tokens.values().stream()
                .sorted(java.util.Comparator.comparingInt(
                        token -> token.get("id").getAsInt()))
                .forEach(list::add);
        return list;
    }
}
