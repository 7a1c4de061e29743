package io.peft4j.models.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What {@code tokenizer.json} would say, made of the vocabulary that older folders have in its place, as Hugging Face does. */
final class VocabularyDefinition {

    private static final Pattern TRAILING_SPACE = Pattern.compile("\\p{IsWhite_Space}+$");

    private static final String QWEN2_WORDS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private final Path folder;
    private final TokenizerFamily family;
    private final SettledSteps steps;
    private final Map<SpecialToken, JsonElement> special;

    /** @param special the special tokens as the files or the family spell or describe them */
    VocabularyDefinition(
            Path folder, TokenizerFamily family, SettledSteps steps, Map<SpecialToken, JsonElement> special) {
        this.folder = folder;
        this.family = family;
        this.steps = steps;
        this.special = special;
    }

    /**
     * Returns the definition.
     *
     * @param others further tokens that are kept whole, in the order of their ids
     * @param extra special tokens that have no part of their own
     */
    JsonObject make(List<JsonElement> others, List<JsonElement> extra) throws IOException {
        JsonObject vocabulary = family == TokenizerFamily.BERT ? lines() : object("vocab.json");
        AddedTokens added = new AddedTokens(vocabulary);
        others.forEach(token -> added.add(token, false));
        special.values().forEach(token -> added.add(token, true));
        extra.forEach(token -> added.add(token, true));
        JsonObject definition = new JsonObject();
        definition.addProperty("version", "1.0");
        definition.add("added_tokens", added.list());
        definition.add("normalizer", steps.settle(normalizer()));
        definition.add("pre_tokenizer", preTokenizer());
        definition.add("post_processor", postProcessor(added));
        definition.add("decoder", decoder());
        definition.add("model", family == TokenizerFamily.BERT ? wordPieces(vocabulary) : bytePairs(vocabulary));
        return definition;
    }

    private JsonObject lines() throws IOException {
        List<String> lines = new ArrayList<>(List.of(read("vocab.txt").split("\n", -1)));
        if (lines.get(lines.size() - 1).isEmpty()) {
            lines.remove(lines.size() - 1);
        }
        if (lines.isEmpty()) {
            throw new IOException("%s is empty; it needs a token in each line".formatted(folder.resolve("vocab.txt")));
        }
        JsonObject vocabulary = new JsonObject();
        for (int id = 0; id < lines.size(); id++) {
            vocabulary.addProperty(TRAILING_SPACE.matcher(lines.get(id)).replaceAll(""), id);
        }
        return vocabulary;
    }

    private JsonObject object(String name) throws IOException {
        try {
            return JsonParser.parseString(read(name)).getAsJsonObject();
        } catch (IllegalStateException | JsonParseException e) {
            throw new IOException("%s is no JSON object: %s".formatted(folder.resolve(name), e.getMessage()), e);
        }
    }

    private String read(String name) throws IOException {
        try {
            return Files.readString(folder.resolve(name));
        } catch (CharacterCodingException e) {
            throw new IOException("%s is no text in UTF-8".formatted(folder.resolve(name)), e);
        }
    }

    private JsonObject wordPieces(JsonObject vocabulary) throws IOException {
        JsonObject model = typed("WordPiece");
        model.addProperty("unk_token", required(SpecialToken.UNK));
        model.addProperty("continuing_subword_prefix", "##");
        model.addProperty("max_input_chars_per_word", 100);
        model.add("vocab", vocabulary);
        return model;
    }

    private JsonObject bytePairs(JsonObject vocabulary) throws IOException {
        JsonArray merges = new JsonArray();
        read("merges.txt")
                .lines()
                .filter(line -> !line.isEmpty() && !line.startsWith("#version"))
                .forEach(merges::add);
        JsonObject model = typed("BPE");
        model.add("dropout", JsonNull.INSTANCE);
        model.add("unk_token", JsonNull.INSTANCE);
        model.addProperty("continuing_subword_prefix", "");
        model.addProperty("end_of_word_suffix", "");
        model.addProperty("fuse_unk", false);
        model.addProperty("byte_fallback", false);
        model.add("vocab", vocabulary);
        model.add("merges", merges);
        return model;
    }

    private JsonElement normalizer() {
        return switch (family) {
            case BERT -> {
                JsonObject normalizer = typed("BertNormalizer");
                normalizer.addProperty("clean_text", true);
                yield normalizer;
            }
            case QWEN2 -> typed("NFC");
            case ROBERTA, GPT2 -> JsonNull.INSTANCE;
        };
    }

    private JsonObject preTokenizer() {
        return switch (family) {
            case BERT -> typed("BertPreTokenizer");
            case ROBERTA, GPT2 -> byteLevel(true);
            case QWEN2 -> {
                JsonObject pattern = new JsonObject();
                pattern.addProperty("Regex", QWEN2_WORDS);
                JsonObject words = typed("Split");
                words.add("pattern", pattern);
                words.addProperty("behavior", "Isolated");
                words.addProperty("invert", false);
                JsonArray parts = new JsonArray();
                parts.add(words);
                parts.add(byteLevel(false));
                JsonObject both = typed("Sequence");
                both.add("pretokenizers", parts);
                yield both;
            }
        };
    }

    private JsonObject byteLevel(boolean splits) {
        JsonObject bytes = typed("ByteLevel");
        bytes.addProperty("add_prefix_space", steps.is("add_prefix_space", false));
        bytes.addProperty("trim_offsets", true);
        bytes.addProperty("use_regex", splits);
        return bytes;
    }

    private JsonObject postProcessor(AddedTokens added) throws IOException {
        switch (family) {
            case BERT -> {
                String cls = required(SpecialToken.CLS);
                String sep = required(SpecialToken.SEP);
                return TokenTemplate.of(List.of(cls, TokenTemplate.TEXT, sep), List.of(TokenTemplate.TEXT, sep), added);
            }
            case ROBERTA -> {
                JsonObject processor = typed("RobertaProcessing");
                processor.add("sep", withId(required(SpecialToken.SEP), added));
                processor.add("cls", withId(required(SpecialToken.CLS), added));
                processor.addProperty("trim_offsets", steps.is("trim_offsets", true));
                processor.addProperty("add_prefix_space", steps.is("add_prefix_space", false));
                return processor;
            }
            default -> {
                List<String> around = new ArrayList<>();
                if (steps.is("add_bos_token", false) && special.containsKey(SpecialToken.BOS)) {
                    around.add(required(SpecialToken.BOS));
                }
                around.add(TokenTemplate.TEXT);
                if (steps.is("add_eos_token", false) && special.containsKey(SpecialToken.EOS)) {
                    around.add(required(SpecialToken.EOS));
                }
                return TokenTemplate.of(around, around, added);
            }
        }
    }

    private static JsonArray withId(String token, AddedTokens added) {
        JsonArray pair = new JsonArray();
        pair.add(token);
        pair.add(added.id(token));
        return pair;
    }

    private JsonObject decoder() {
        if (family != TokenizerFamily.BERT) {
            return byteLevel(true);
        }
        JsonObject decoder = typed("WordPiece");
        decoder.addProperty("prefix", "##");
        decoder.addProperty("cleanup", true);
        return decoder;
    }

    private String required(SpecialToken token) throws IOException {
        JsonElement spelling = special.get(token);
        if (spelling == null) {
            throw new IOException("%s: %s is null; its tokenizer needs one, usually %s"
                    .formatted(
                            folder.resolve("tokenizer_config.json"),
                            token.key(),
                            family.spellings().get(token)));
        }
        return AddedTokens.spelling(spelling);
    }

    private static JsonObject typed(String type) {
        JsonObject object = new JsonObject();
        object.addProperty("type", type);
        return object;
    }
}
