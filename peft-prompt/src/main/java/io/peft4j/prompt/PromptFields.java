package io.peft4j.prompt;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.AttachmentPoint.Kind;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TaskType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** What the files of all methods with virtual tokens have in common, as Hugging Face PEFT 0.21 writes them. */
final class PromptFields {

    /** The tensor that the file holds: the rows that the base model gets. */
    static final String ROWS = "prompt_embeddings";

    private static final String TOKENS = "num_virtual_tokens";
    private static final String WIDTH = "token_dim";
    private static final String LAYERS = "num_layers";
    private static final String HEADS = "num_attention_heads";
    private static final String HIDDEN = "encoder_hidden_size";
    private static final String STACKS = "num_transformer_submodules";

    /** What configurations of base models call the number of heads. */
    private static final List<String> BASE_HEADS = List.of("num_attention_heads", "n_head", "num_heads", "n_heads");

    private PromptFields() {}

    /** Checks a number of virtual tokens. */
    static void checkVirtualTokens(int virtualTokens) {
        if (virtualTokens < 1) {
            throw new IllegalArgumentException("the number of virtual tokens must be positive: " + virtualTokens);
        }
    }

    /** Reads the number of virtual tokens; the other common fields say what the base model is like. */
    static int read(ConfigFields fields) {
        for (String field : List.of(WIDTH, LAYERS, HEADS, STACKS)) {
            fields.number(field, 1, 1);
        }
        fields.require(fields.get(TOKENS) != null, "%s is missing", TOKENS);
        return fields.number(TOKENS, 1, 1);
    }

    /** Returns the common fields without those of the base model. */
    static JsonObject write(int virtualTokens) {
        JsonObject json = new JsonObject();
        for (String field : List.of(WIDTH, LAYERS, HEADS, STACKS)) {
            json.add(field, JsonNull.INSTANCE);
        }
        json.addProperty(TOKENS, virtualTokens);
        return json;
    }

    /** Returns what the file of a prompt says of its base model. */
    static JsonObject ofWords(BaseModel base) {
        return describe(base, point(base, Kind.INPUT_EMBEDDINGS).out(), heads(base));
    }

    /** Returns what the file of a prefix says of its base model. */
    static JsonObject ofKeys(BaseModel base) {
        AttachmentPoint keys = point(base, Kind.KEYS_AND_VALUES);
        return describe(base, keys.out(), keys.in());
    }

    /** Returns the inner width that a file gives, if it gives one. */
    static OptionalInt hidden(ConfigFields fields) {
        return fields.get(HIDDEN) == null ? OptionalInt.empty() : OptionalInt.of(fields.number(HIDDEN, 1, 1));
    }

    /** Writes an inner width. */
    static void hidden(OptionalInt hidden, JsonObject json) {
        if (hidden.isPresent()) {
            json.addProperty(HIDDEN, hidden.getAsInt());
        } else {
            json.add(HIDDEN, JsonNull.INSTANCE);
        }
    }

    /** Compares the fields of the base model that a file has with those that would be written. */
    static void checkBase(ConfigFields fields, JsonObject expected) {
        List<String> problems = new ArrayList<>();
        for (String field : List.of(WIDTH, LAYERS, HEADS)) {
            JsonElement value = fields.get(field);
            if (value != null && !value.equals(expected.get(field))) {
                problems.add("%s of the base model is %s: %s".formatted(field, expected.get(field), value));
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("made for another base model: " + String.join("; ", problems));
        }
    }

    /** Returns the name of a parameter in the file, where heads have one {@code model} less than other methods'. */
    static String tensorName(String parameter) {
        return parameter.startsWith("prompt_") || parameter.startsWith("prefix_")
                ? parameter
                : "base_model." + parameter;
    }

    /** Returns PEFT's name of a parameter while it trains. */
    static String liveName(String parameter) {
        if (parameter.equals(ROWS)) {
            return "prompt_encoder.embedding.weight";
        }
        return parameter.startsWith("prefix_task_") ? "prompt_encoder." + parameter : tensorName(parameter);
    }

    /** Returns the base model's table of words. */
    static String words(BaseModel base) {
        return point(base, Kind.EMBEDDING).path() + ".weight";
    }

    /** Returns how many stacks of layers the base model has. */
    static int stacks(BaseModel base) {
        return base.task().type() == TaskType.SEQ_2_SEQ_LM ? 2 : 1;
    }

    /**
     * Returns how many layers files say there are: those of the longest stack.
     *
     * <p>Of an encoder-decoder Hugging Face PEFT counts the encoder's, which is enough unless the decoder has more.
     */
    static int layers(BaseModel base) {
        long longest = Stream.of(Kind.KEYS_AND_VALUES, Kind.SOURCE_KEYS_AND_VALUES)
                .mapToLong(kind -> base.attachmentPoints().stream()
                        .filter(point -> point.kind() == kind)
                        .count())
                .max()
                .orElse(0);
        return longest == 0 ? base.architecture().layers() : Math.toIntExact(longest);
    }

    /** Returns how many rows the file of a prompt has: as many for the decoder of an encoder-decoder, which gets none. */
    static int storedRows(int virtualTokens, BaseModel base) {
        return virtualTokens * stacks(base);
    }

    /** Returns the rows [P, D] that texts get of those that are stored. */
    static Tensor front(Tensor stored, int length) {
        return stored.dim(0).constant() == length ? stored : stored.slice(0, Dim.of(0), Dim.of(length));
    }

    /** Returns the first place of a kind. */
    static AttachmentPoint point(BaseModel base, Kind kind) {
        return base.attachmentPoints().stream()
                .filter(point -> point.kind() == kind)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException((kind == Kind.KEYS_AND_VALUES
                                ? "%s has no attention that a prefix goes to; use prompt tuning or LoRA"
                                : "%s has no embeddings of words that a prompt goes among; use LoRA")
                        .formatted(base.name())));
    }

    private static JsonObject describe(BaseModel base, long width, long heads) {
        JsonObject json = new JsonObject();
        json.addProperty(WIDTH, width);
        json.addProperty(HEADS, heads);
        json.addProperty(LAYERS, layers(base));
        json.addProperty(STACKS, stacks(base));
        return json;
    }

    private static long heads(BaseModel base) {
        JsonObject config = base.config();
        return BASE_HEADS.stream()
                .filter(config::has)
                .mapToLong(name -> config.get(name).getAsLong())
                .findFirst()
                .orElseGet(() -> point(base, Kind.KEYS_AND_VALUES).in());
    }
}
