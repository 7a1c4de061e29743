package io.peft4j.models.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a tokenizer in a model's folder.
 *
 * <p>{@code tokenizer.json} has the vocabulary; {@code tokenizer_config.json} the special tokens, sides and length; {@code
 * special_tokens_map.json}, of older folders, the special tokens that the former leaves out.
 */
final class TokenizerFiles {

    private static final Logger logger = LoggerFactory.getLogger(TokenizerFiles.class);

    private final Path folder;
    private final Map<String, Integer> vocabulary = new HashMap<>();
    private String modelType = "";
    private JsonElement preTokenizer = JsonNull.INSTANCE;
    private JsonElement padding = JsonNull.INSTANCE;

    private TokenizerFiles(Path folder) {
        this.folder = folder;
    }

    static Path tokenizer(Path folder) {
        return folder.resolve("tokenizer.json");
    }

    static TokenizerSettings read(Path folder) throws IOException {
        return new TokenizerFiles(folder).read();
    }

    private TokenizerSettings read() throws IOException {
        readTokenizer();
        JsonObject config = readObject("tokenizer_config.json");
        return new TokenizerSettings(
                vocabulary,
                specialIds(List.of(config, readObject("special_tokens_map.json"))),
                side(config, "padding_side"),
                side(config, "truncation_side"),
                modelMaxLength(config),
                isByteLevelWithoutPrefix(preTokenizer),
                // Byte-level models claim it by mistake: what they decode is exact as it is.
                !modelType.equals("BPE") && isTrue(config, "clean_up_tokenization_spaces"));
    }

    private void readTokenizer() throws IOException {
        Path file = tokenizer(folder);
        if (!Files.exists(file)) {
            throw new IOException(("%s has no tokenizer.json; if it has a tokenizer of another form, convert it with "
                            + "Hugging Face: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)")
                    .formatted(folder));
        }
        try (JsonReader reader = new JsonReader(Files.newBufferedReader(file))) {
            reader.beginObject();
            while (reader.hasNext()) {
                switch (reader.nextName()) {
                    case "model" -> readModel(reader);
                    case "added_tokens" -> readAddedTokens(reader);
                    case "pre_tokenizer" -> preTokenizer = JsonParser.parseReader(reader);
                    case "padding" -> padding = JsonParser.parseReader(reader);
                    default -> reader.skipValue();
                }
            }
        } catch (IllegalStateException | NumberFormatException | JsonParseException | IOException e) {
            throw new IOException("%s is no tokenizer: %s".formatted(file, e.getMessage()), e);
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

    private JsonObject readObject(String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            return new JsonObject();
        }
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IllegalStateException | JsonParseException e) {
            throw new IOException("%s is no JSON object: %s".formatted(file, e.getMessage()), e);
        }
    }

    private Map<SpecialToken, Integer> specialIds(List<JsonObject> files) {
        Map<SpecialToken, Integer> ids = new EnumMap<>(SpecialToken.class);
        boolean named = files.stream()
                .anyMatch(file -> Stream.of(SpecialToken.values()).anyMatch(token -> spelling(file, token) != null));
        for (SpecialToken token : SpecialToken.values()) {
            // Folders of the first years name none: their classes knew.
            Stream<String> spellings = named
                    ? files.stream().flatMap(file -> Stream.ofNullable(spelling(file, token)))
                    : token.usualSpellings().stream().filter(vocabulary::containsKey);
            spellings.findFirst().ifPresent(spelling -> put(ids, token, spelling));
        }
        if (padding instanceof JsonObject block && block.get("pad_id") instanceof JsonPrimitive id && id.isNumber()) {
            ids.putIfAbsent(SpecialToken.PAD, id.getAsInt());
        }
        return ids;
    }

    private void put(Map<SpecialToken, Integer> ids, SpecialToken token, String spelling) {
        Integer id = vocabulary.get(spelling);
        if (id == null) {
            logger.warn("{} names {} as {}, which is not in the vocabulary", folder, spelling, token.key());
        } else {
            ids.put(token, id);
        }
    }

    private static @Nullable String spelling(JsonObject file, SpecialToken token) {
        JsonElement value = file.get(token.key());
        JsonElement content = value instanceof JsonObject object ? object.get("content") : value;
        return content instanceof JsonPrimitive text ? text.getAsString() : null;
    }

    private Side side(JsonObject config, String key) throws IOException {
        JsonElement side = config.get(key);
        if (side == null || side.isJsonNull() || side.equals(new JsonPrimitive("right"))) {
            return Side.RIGHT;
        }
        if (side.equals(new JsonPrimitive("left"))) {
            return Side.LEFT;
        }
        throw new IOException("%s: %s must be \"left\" or \"right\": %s"
                .formatted(folder.resolve("tokenizer_config.json"), key, side));
    }

    /** Hugging Face writes 1e30 where no length is known. */
    private static @Nullable Integer modelMaxLength(JsonObject config) {
        return config.get("model_max_length") instanceof JsonPrimitive length
                        && length.isNumber()
                        && length.getAsDouble() >= 1
                        && length.getAsDouble() < Integer.MAX_VALUE
                ? Integer.valueOf(length.getAsInt())
                : null;
    }

    private static boolean isTrue(JsonObject object, String key) {
        return new JsonPrimitive(true).equals(object.get(key));
    }

    /** Such a pre-tokenizer marks a word by the space before it, which a word on its own lacks. */
    private static boolean isByteLevelWithoutPrefix(JsonElement preTokenizer) {
        if (preTokenizer instanceof JsonArray several) {
            return StreamSupport.stream(several.spliterator(), false)
                    .anyMatch(TokenizerFiles::isByteLevelWithoutPrefix);
        }
        if (!(preTokenizer instanceof JsonObject object)) {
            return false;
        }
        JsonElement parts = object.get("pretokenizers");
        boolean byteLevel = new JsonPrimitive("ByteLevel").equals(object.get("type"));
        return parts == null ? byteLevel && !isTrue(object, "add_prefix_space") : isByteLevelWithoutPrefix(parts);
    }
}
