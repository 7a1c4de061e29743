package io.peft4j.models.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code tokenizer.json} says that the native side does not tell. */
final class TokenizerJson {

    private final Map<String, Integer> vocabulary = new HashMap<>();
    private final JsonObject steps = new JsonObject();
    private String modelType = "";
    private JsonElement padding = JsonNull.INSTANCE;

    private TokenizerJson() {}

    /** @param file whose text it is, for messages */
    static TokenizerJson read(Reader text, Path file) throws IOException {
        TokenizerJson json = new TokenizerJson();
        try {
            json.read(new JsonReader(text));
        } catch (IllegalStateException | NumberFormatException | JsonParseException | IOException e) {
            throw new IOException("%s is no tokenizer: %s".formatted(file, firstLine(e)), e);
        }
        return json;
    }

    /** What follows in later lines is advice on Java. */
    private static @Nullable String firstLine(Exception failure) {
        String text = failure.getMessage();
        return text == null ? null : text.lines().findFirst().orElse(text);
    }

    /** Returns the id of each token. */
    Map<String, Integer> vocabulary() {
        return vocabulary;
    }

    /** Returns what happens to a text before and after the model, by its name in the file. */
    JsonObject steps() {
        return steps;
    }

    String modelType() {
        return modelType;
    }

    JsonElement padding() {
        return padding;
    }

    private void read(JsonReader reader) throws IOException {
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            switch (name) {
                case "model" -> readModel(reader);
                case "added_tokens" -> readAddedTokens(reader);
                case "normalizer", "pre_tokenizer", "post_processor" -> steps.add(name, JsonParser.parseReader(reader));
                case "padding" -> padding = JsonParser.parseReader(reader);
                default -> reader.skipValue();
            }
        }
    }

    private void readModel(JsonReader reader) throws IOException {
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "type" -> modelType = reader.nextString();
                case "vocab" -> readVocabulary(reader);
                default -> reader.skipValue();
            }
        }
        reader.endObject();
    }

    private void readVocabulary(JsonReader reader) throws IOException {
        if (reader.peek() == JsonToken.BEGIN_OBJECT) {
            reader.beginObject();
            while (reader.hasNext()) {
                vocabulary.put(reader.nextName(), reader.nextInt());
            }
            reader.endObject();
            return;
        }
        // A unigram model lists its pieces with their scores, in the order of their ids.
        reader.beginArray();
        for (int id = 0; reader.hasNext(); id++) {
            reader.beginArray();
            vocabulary.put(reader.nextString(), id);
            reader.skipValue();
            reader.endArray();
        }
        reader.endArray();
    }

    private void readAddedTokens(JsonReader reader) throws IOException {
        reader.beginArray();
        while (reader.hasNext()) {
            String content = "";
            int id = 0;
            reader.beginObject();
            while (reader.hasNext()) {
                switch (reader.nextName()) {
                    case "content" -> content = reader.nextString();
                    case "id" -> id = reader.nextInt();
                    default -> reader.skipValue();
                }
            }
            reader.endObject();
            vocabulary.put(content, id);
        }
        reader.endArray();
    }
}
