package io.peft4j.models.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The files of folders without {@code tokenizer.json}: a vocabulary ({@code vocab.txt}, or {@code vocab.json} and {@code
 * merges.txt}), {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}, all but the first
 * optional.
 */
final class VocabularyFiles {

    private static final String ADDED = "added_tokens_decoder";

    private final Path folder;
    private final JsonObject config;
    private final Optional<TokenizerFamily> family;

    /** @param config {@code tokenizer_config.json} */
    VocabularyFiles(Path folder, JsonObject config, Optional<TokenizerFamily> family) {
        this.folder = folder;
        this.config = config;
        this.family = family;
    }

    TokenizerFiles read() throws IOException {
        TokenizerFamily known = family.orElseThrow(this::noTokenizer);
        for (String file : known.files()) {
            if (!Files.exists(folder.resolve(file))) {
                throw noTokenizer();
            }
        }
        try {
            return read(known);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IOException(
                    "the tokens beside %s make no sense: %s"
                            .formatted(folder.resolve(known.files().get(0)), e.getMessage()),
                    e);
        }
    }

    private TokenizerFiles read(TokenizerFamily known) throws IOException {
        // As in Hugging Face, the map counts only where the settings have not all tokens.
        JsonObject map = config.has(ADDED)
                ? new JsonObject()
                : TokenizerFiles.readObject(folder.resolve("special_tokens_map.json"));
        Map<SpecialToken, JsonElement> special = special(known, List.of(map, config));
        Path file = folder.resolve(known.files().get(0));
        String definition = new VocabularyDefinition(folder, known, new SettledSteps(known, config), special)
                .make(others(), extra(List.of(map, config)))
                .toString();
        TokenizerJson json = TokenizerJson.read(new StringReader(definition), file);
        Map<SpecialToken, Integer> ids = new EnumMap<>(SpecialToken.class);
        special.forEach((token, said) -> ids.put(token, json.vocabulary().get(AddedTokens.spelling(said))));
        return new TokenizerFiles(
                file, Optional.of(definition), TokenizerFiles.settings(folder, json, json.steps(), ids, config));
    }

    /** Returns the special tokens as the first of some files says, else as the family spells them. */
    private static Map<SpecialToken, JsonElement> special(TokenizerFamily family, List<JsonObject> files) {
        Map<SpecialToken, JsonElement> special = new EnumMap<>(SpecialToken.class);
        for (SpecialToken token : SpecialToken.values()) {
            files.stream()
                    .flatMap(file -> Stream.ofNullable(file.get(token.key())))
                    .findFirst()
                    .or(() -> Optional.ofNullable(family.spellings().get(token)).map(JsonPrimitive::new))
                    .filter(said -> !said.isJsonNull())
                    .ifPresent(said -> special.put(token, said));
        }
        return special;
    }

    /** Returns the tokens that are kept whole beside the special ones, in the order of their ids. */
    private List<JsonElement> others() throws IOException {
        Map<Integer, JsonElement> others = new TreeMap<>();
        if (config.get(ADDED) instanceof JsonObject byId) {
            byId.asMap().forEach((id, token) -> others.put(Integer.valueOf(id), token));
        } else {
            TokenizerFiles.readObject(folder.resolve("added_tokens.json"))
                    .asMap()
                    .forEach((token, id) -> others.put(id.getAsInt(), new JsonPrimitive(token)));
        }
        return List.copyOf(others.values());
    }

    /** Returns the special tokens that have no part of their own. */
    private static List<JsonElement> extra(List<JsonObject> files) {
        return files.stream()
                .flatMap(file -> Stream.of("additional_special_tokens", "extra_special_tokens")
                        .map(file::get))
                .filter(JsonArray.class::isInstance)
                .flatMap(tokens -> tokens.getAsJsonArray().asList().stream())
                .toList();
    }

    private IOException noTokenizer() {
        List<String> there = Stream.of(
                        "vocab.txt",
                        "vocab.json",
                        "merges.txt",
                        "tokenizer.model",
                        "spiece.model",
                        "sentencepiece.bpe.model")
                .filter(file -> Files.exists(folder.resolve(file)))
                .toList();
        return new IOException(
                ("%s has no tokenizer.json, nor the files to make it of, which are %s; it has %s. Make it with Hugging Face: "
                                + "AutoTokenizer.from_pretrained(folder).save_pretrained(folder)")
                        .formatted(
                                folder,
                                family.map(known -> String.join(" and ", known.files()))
                                        .orElse(
                                                "vocab.txt of a BERT, or vocab.json and merges.txt of a RoBERTa, GPT-2 or Qwen"),
                                there.isEmpty() ? "no vocabulary" : String.join(", ", there)));
    }
}
