package io.peft4j.models.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;

/** What stands around a text and between two, in the form of {@code tokenizer.json}. */
final class TokenTemplate {

    /** Where the text itself stands. */
    static final String TEXT = "";

    private TokenTemplate() {}

    /**
     * Returns a template.
     *
     * @param first special tokens and {@link #TEXT}, of the first text
     * @param second the same of the second text, if there is one
     */
    static JsonObject of(List<String> first, List<String> second, AddedTokens added) {
        JsonArray single = new JsonArray();
        JsonArray pair = new JsonArray();
        JsonObject specials = new JsonObject();
        for (String part : first) {
            single.add(part(part, "A", 0));
            pair.add(part(part, "A", 0));
            declare(part, specials, added);
        }
        for (String part : second) {
            pair.add(part(part, "B", 1));
            declare(part, specials, added);
        }
        JsonObject template = new JsonObject();
        template.addProperty("type", "TemplateProcessing");
        template.add("single", single);
        template.add("pair", pair);
        template.add("special_tokens", specials);
        return template;
    }

    private static JsonObject part(String part, String text, int type) {
        JsonObject content = new JsonObject();
        content.addProperty("id", part.equals(TEXT) ? text : part);
        content.addProperty("type_id", type);
        JsonObject object = new JsonObject();
        object.add(part.equals(TEXT) ? "Sequence" : "SpecialToken", content);
        return object;
    }

    private static void declare(String part, JsonObject specials, AddedTokens added) {
        if (part.equals(TEXT)) {
            return;
        }
        JsonArray ids = new JsonArray();
        ids.add(added.id(part));
        JsonArray tokens = new JsonArray();
        tokens.add(new JsonPrimitive(part));
        JsonObject special = new JsonObject();
        special.addProperty("id", part);
        special.add("ids", ids);
        special.add("tokens", tokens);
        specials.add(part, special);
    }
}
