package io.peft4j.models.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

/**
 * The settings that Hugging Face takes from {@code tokenizer_config.json} alone, and a default where that has none, whatever
 * {@code tokenizer.json} says.
 */
final class SettledSteps {

    private final TokenizerFamily family;
    private final JsonObject settings;

    /** @param settings {@code tokenizer_config.json} */
    SettledSteps(TokenizerFamily family, JsonObject settings) {
        this.family = family;
        this.settings = settings;
    }

    /** Returns a setting that is true or false. */
    boolean is(String key, boolean otherwise) {
        return (settings.get(key) instanceof JsonPrimitive value && value.isBoolean())
                ? value.getAsBoolean()
                : otherwise;
    }

    /** Returns a step of {@code tokenizer.json} as the settings want it. */
    JsonElement settle(JsonElement step) {
        if (!(step instanceof JsonObject object) || !(object.get("type") instanceof JsonPrimitive type)) {
            return step;
        }
        boolean bytes = family == TokenizerFamily.ROBERTA || family == TokenizerFamily.GPT2;
        JsonObject settled = object.deepCopy();
        switch (type.getAsString()) {
            case "BertNormalizer" -> {
                if (family == TokenizerFamily.BERT) {
                    settled.addProperty("handle_chinese_chars", is("tokenize_chinese_chars", true));
                    JsonElement strip = settings.get("strip_accents");
                    settled.add("strip_accents", strip == null ? JsonNull.INSTANCE : strip);
                    settled.addProperty("lowercase", is("do_lower_case", true));
                }
            }
            case "ByteLevel", "RobertaProcessing" -> {
                if (bytes) {
                    settled.addProperty("add_prefix_space", is("add_prefix_space", false));
                }
            }
            default -> {
                return step;
            }
        }
        return settled;
    }
}
