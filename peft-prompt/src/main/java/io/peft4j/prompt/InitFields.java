package io.peft4j.prompt;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import java.util.List;

/** How files say what rows start from. */
final class InitFields {

    static final String INIT = "prompt_tuning_init";

    /** What random rows are scaled to, a field that Hugging Face PEFT does not know. */
    static final String NORM = "prompt_init_norm";

    private static final String VOCABULARY = "vocabulary";
    private static final String TEXT = "prompt_tuning_init_text";
    private static final String TOKENIZER = "tokenizer_name_or_path";
    private static final String OPTIONS = "tokenizer_kwargs";

    private InitFields() {}

    /** Passes over the fields of a text, which say nothing to other starts. */
    static void skip(ConfigFields fields) {
        List.of(TEXT, TOKENIZER).forEach(fields::get);
    }

    static PromptInit read(ConfigFields fields) {
        String kind = fields.text(INIT, "RANDOM");
        String text = fields.text(TEXT, "");
        String tokenizer = fields.text(TOKENIZER, "");
        String norm = fields.text(NORM, "");
        fields.require(norm.isEmpty() || norm.equals(VOCABULARY), "%s must be %s: %s", NORM, VOCABULARY, norm);
        fields.require(
                norm.isEmpty() || kind.equals("RANDOM"), "%s says nothing to %s %s, only to RANDOM", NORM, INIT, kind);
        return switch (kind) {
            case "SAMPLE_VOCAB" -> new PromptInit.Vocabulary();
            case "TEXT" -> {
                fields.require(!text.isEmpty(), "%s is missing, which %s TEXT needs", TEXT, INIT);
                yield text.isEmpty() ? new PromptInit.Normal() : new PromptInit.Text(text, tokenizer, List.of());
            }
            default -> {
                fields.require(kind.equals("RANDOM"), "%s must be RANDOM, SAMPLE_VOCAB or TEXT: %s", INIT, kind);
                yield norm.isEmpty() ? new PromptInit.Normal() : new PromptInit.NormMatched();
            }
        };
    }

    static void write(PromptInit init, JsonObject json) {
        if (init instanceof PromptInit.Stored stored) {
            write(stored.original(), json);
            return;
        }
        json.add(TEXT, JsonNull.INSTANCE);
        json.add(TOKENIZER, JsonNull.INSTANCE);
        json.add(OPTIONS, JsonNull.INSTANCE);
        json.add(NORM, init instanceof PromptInit.NormMatched ? new JsonPrimitive(VOCABULARY) : JsonNull.INSTANCE);
        if (init instanceof PromptInit.Text text) {
            json.addProperty(INIT, "TEXT");
            json.addProperty(TEXT, text.text());
            json.add(TOKENIZER, orNull(text.tokenizer()));
        } else {
            json.addProperty(INIT, init instanceof PromptInit.Vocabulary ? "SAMPLE_VOCAB" : "RANDOM");
        }
    }

    private static JsonElement orNull(String text) {
        return text.isEmpty() ? JsonNull.INSTANCE : new JsonPrimitive(text);
    }
}
