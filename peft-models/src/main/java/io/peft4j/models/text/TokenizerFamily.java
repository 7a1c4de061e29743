package io.peft4j.models.text;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tokenizers that Hugging Face makes of a vocabulary and of the settings beside it. */
enum TokenizerFamily {
    /** Words cut into pieces of {@code vocab.txt}; the settings say what becomes of capitals, accents and Chinese. */
    BERT(Map.of(
            SpecialToken.UNK,
            "[UNK]",
            SpecialToken.SEP,
            "[SEP]",
            SpecialToken.PAD,
            "[PAD]",
            SpecialToken.CLS,
            "[CLS]",
            SpecialToken.MASK,
            "[MASK]")),

    /** Bytes merged as {@code merges.txt} says, between a start and an end. */
    ROBERTA(Map.of(
            SpecialToken.BOS,
            "<s>",
            SpecialToken.EOS,
            "</s>",
            SpecialToken.UNK,
            "<unk>",
            SpecialToken.SEP,
            "</s>",
            SpecialToken.PAD,
            "<pad>",
            SpecialToken.CLS,
            "<s>",
            SpecialToken.MASK,
            "<mask>")),

    /** Bytes merged as {@code merges.txt} says. */
    GPT2(Map.of(
            SpecialToken.BOS, "<|endoftext|>", SpecialToken.EOS, "<|endoftext|>", SpecialToken.UNK, "<|endoftext|>")),

    /** Composed characters, cut at digits, and their bytes merged as {@code merges.txt} says. */
    QWEN2(Map.of(
            SpecialToken.EOS, "<|endoftext|>", SpecialToken.UNK, "<|endoftext|>", SpecialToken.PAD, "<|endoftext|>"));

    private final Map<SpecialToken, String> spellings;

    TokenizerFamily(Map<SpecialToken, String> spellings) {
        this.spellings = spellings;
    }

    /** Returns the files that have its vocabulary. */
    List<String> files() {
        return this == BERT ? List.of("vocab.txt") : List.of("vocab.json", "merges.txt");
    }

    /** Returns how the family spells its special tokens where no file says it. */
    Map<SpecialToken, String> spellings() {
        return spellings;
    }

    /** Returns how the family spells a special token, unless a file says that there is none. */
    List<String> usual(SpecialToken token, List<JsonObject> files) {
        boolean none = files.stream()
                .anyMatch(file -> file.has(token.key()) && file.get(token.key()).isJsonNull());
        return none ? List.of() : Stream.ofNullable(spellings.get(token)).toList();
    }

    /**
     * Returns the family of a folder's tokenizer, if it is one of these: by the class that the folder names, else by the model
     * that it is for, else by the files.
     *
     * @param settings {@code tokenizer_config.json}
     * @param model {@code config.json}
     */
    static Optional<TokenizerFamily> of(Path folder, JsonObject settings, JsonObject model) {
        String type = text(model, "model_type");
        String name = Stream.of(settings, model)
                .flatMap(file -> Stream.ofNullable(text(file, "tokenizer_class")))
                .findFirst()
                .orElse(null);
        if (name != null) {
            return Optional.ofNullable(
                    switch (name.replaceFirst("Fast$", "")) {
                        case "BertTokenizer", "DistilBertTokenizer" -> BERT;
                        case "RobertaTokenizer" -> ROBERTA;
                        case "GPT2Tokenizer" -> GPT2;
                        case "Qwen2Tokenizer" -> QWEN2;
                        default -> null;
                    });
        }
        return type == null ? ofFiles(folder) : ofModel(type);
    }

    private static Optional<TokenizerFamily> ofModel(String type) {
        return Optional.ofNullable(
                switch (type) {
                    case "bert", "distilbert" -> BERT;
                    case "roberta" -> ROBERTA;
                    case "gpt2" -> GPT2;
                    case "qwen2", "qwen3" -> QWEN2;
                    default -> null;
                });
    }

    private static Optional<TokenizerFamily> ofFiles(Path folder) {
        if (Files.exists(folder.resolve("tokenizer.json"))) {
            return Optional.empty();
        }
        if (Files.exists(folder.resolve("vocab.txt"))) {
            return Optional.of(BERT);
        }
        return Files.exists(folder.resolve("merges.txt")) ? Optional.of(GPT2) : Optional.empty();
    }

    private static @Nullable String text(JsonObject file, String key) {
        return file.get(key) instanceof JsonPrimitive text && text.isString() ? text.getAsString() : null;
    }
}
