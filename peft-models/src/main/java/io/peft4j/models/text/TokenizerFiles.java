package io.peft4j.models.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a tokenizer in a model's folder.
 *
 * <p>{@code tokenizer.json} has the vocabulary; {@code tokenizer_config.json} the special tokens, sides and length; {@code
 * special_tokens_map.json}, of older folders, the special tokens that the former leaves out. Folders that are older still have
 * a vocabulary in place of {@code tokenizer.json}: {@link VocabularyFiles}.
 *
 * @param file what has the vocabulary
 * @param definition what {@code tokenizer.json} should say, where that is not what it says, or there is none
 * @param settings what the native side does not tell
 */
record TokenizerFiles(Path file, Optional<String> definition, TokenizerSettings settings) {

    private static final Logger logger = LoggerFactory.getLogger(TokenizerFiles.class);

    private static final String CONFIG = "tokenizer_config.json";

    static TokenizerFiles read(Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        JsonObject config = readObject(folder.resolve(CONFIG));
        JsonObject model = readObject(folder.resolve("config.json"));
        Optional<TokenizerFamily> family = TokenizerFamily.of(folder, config, model);
        return Files.exists(file)
                ? ofDefinition(folder, file, config, family)
                : new VocabularyFiles(folder, config, family).read();
    }

    private static TokenizerFiles ofDefinition(
            Path folder, Path file, JsonObject config, Optional<TokenizerFamily> family) throws IOException {
        TokenizerJson json;
        try (Reader text = Files.newBufferedReader(file)) {
            json = TokenizerJson.read(text, file);
        }
        List<JsonObject> named = List.of(config, readObject(folder.resolve("special_tokens_map.json")));
        Map<SpecialToken, Integer> special = specialIds(folder, json, named, family);
        JsonObject settled = new JsonObject();
        json.steps()
                .asMap()
                .forEach((name, step) -> settled.add(
                        name,
                        family.map(of -> new SettledSteps(of, config).settle(step))
                                .orElse(step)));
        if (settled.equals(json.steps())) {
            return new TokenizerFiles(file, Optional.empty(), settings(folder, json, settled, special, config));
        }
        logger.info("{} is settled by {}, as in Hugging Face: {} in place of {}", file, CONFIG, settled, json.steps());
        JsonObject whole = readObject(file);
        settled.asMap().forEach(whole::add);
        return new TokenizerFiles(
                file, Optional.of(whole.toString()), settings(folder, json, settled, special, config));
    }

    /** @param steps what happens to a text before and after the model */
    static TokenizerSettings settings(
            Path folder, TokenizerJson json, JsonObject steps, Map<SpecialToken, Integer> special, JsonObject config)
            throws IOException {
        return new TokenizerSettings(
                json.vocabulary(),
                special,
                side(folder, config, "padding_side"),
                side(folder, config, "truncation_side"),
                modelMaxLength(config),
                isByteLevelWithoutPrefix(steps.get("pre_tokenizer")),
                // Byte-level models claim it by mistake: what they decode is exact as it is.
                !json.modelType().equals("BPE") && isTrue(config, "clean_up_tokenization_spaces"));
    }

    /** Returns the content of a file, nothing if it is missing. */
    static JsonObject readObject(Path file) throws IOException {
        if (!Files.exists(file)) {
            return new JsonObject();
        }
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IllegalStateException | JsonParseException e) {
            throw new IOException("%s is no JSON object: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static Map<SpecialToken, Integer> specialIds(
            Path folder, TokenizerJson json, List<JsonObject> files, Optional<TokenizerFamily> family) {
        Map<SpecialToken, Integer> ids = new EnumMap<>(SpecialToken.class);
        boolean named = files.stream()
                .anyMatch(file -> Stream.of(SpecialToken.values()).anyMatch(token -> spelling(file, token) != null));
        for (SpecialToken token : SpecialToken.values()) {
            Optional<String> said = files.stream()
                    .flatMap(file -> Stream.ofNullable(spelling(file, token)))
                    .findFirst();
            if (said.isPresent() && !json.vocabulary().containsKey(said.get())) {
                logger.warn("{} names {} as {}, which is not in the vocabulary", folder, said.get(), token.key());
            }
            // Folders of the first years name none: their classes knew.
            List<String> usual = family.map(known -> known.usual(token, files))
                    .orElseGet(() -> named ? List.of() : token.usualSpellings());
            said.map(List::of).orElse(usual).stream()
                    .flatMap(spelling -> Stream.ofNullable(json.vocabulary().get(spelling)))
                    .findFirst()
                    .ifPresent(id -> ids.put(token, id));
        }
        if (json.padding() instanceof JsonObject block
                && block.get("pad_id") instanceof JsonPrimitive id
                && id.isNumber()) {
            ids.putIfAbsent(SpecialToken.PAD, id.getAsInt());
        }
        return ids;
    }

    private static @Nullable String spelling(JsonObject file, SpecialToken token) {
        JsonElement value = file.get(token.key());
        JsonElement content = value instanceof JsonObject object ? object.get("content") : value;
        return content instanceof JsonPrimitive text ? text.getAsString() : null;
    }

    private static Side side(Path folder, JsonObject config, String key) throws IOException {
        JsonElement side = config.get(key);
        if (side == null || side.isJsonNull() || side.equals(new JsonPrimitive("right"))) {
            return Side.RIGHT;
        }
        if (side.equals(new JsonPrimitive("left"))) {
            return Side.LEFT;
        }
        throw new IOException("%s: %s must be \"left\" or \"right\": %s".formatted(folder.resolve(CONFIG), key, side));
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
    private static boolean isByteLevelWithoutPrefix(@Nullable JsonElement preTokenizer) {
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
