package io.peft4j.models.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.peft4j.io.PythonJson;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How one vector comes from the hidden states of a text.
 *
 * @param pooling what is taken of them
 * @param normalized whether the vector is divided by its length
 * @param maxLength how many tokens of a text count at most
 */
public record SentencePooling(Task.Pooling pooling, boolean normalized, int maxLength) {

    private static final String MODULES = "modules.json";
    private static final String DEFAULT_FOLDER = "1_Pooling";
    private static final List<String> KNOWN = List.of("Transformer", "Pooling", "Normalize");

    private static final Map<String, Task.Pooling> MODES = Map.of(
            "cls", Task.Pooling.FIRST,
            "max", Task.Pooling.MAX,
            "mean", Task.Pooling.MEAN,
            "mean_sqrt_len_tokens", Task.Pooling.MEAN_SQRT_LENGTH,
            "weightedmean", Task.Pooling.WEIGHTED_MEAN,
            "lasttoken", Task.Pooling.LAST);

    /** Older files have a flag for each way. */
    private static final Map<String, String> FLAGS = Map.of(
            "pooling_mode_cls_token", "cls",
            "pooling_mode_max_tokens", "max",
            "pooling_mode_mean_tokens", "mean",
            "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens",
            "pooling_mode_weightedmean_tokens", "weightedmean",
            "pooling_mode_lasttoken", "lasttoken");

    public SentencePooling {
        if (maxLength < 1) {
            throw new IllegalArgumentException("maximum length must be positive: " + maxLength);
        }
    }

    /**
     * Reads the files of sentence-transformers in a folder: {@code modules.json}, {@code 1_Pooling/config.json} and {@code
     * sentence_bert_config.json}. Without the first two it is the mean, of length 1.
     *
     * @throws IllegalArgumentException if they ask for anything else than one pooling and a division by the length
     */
    public static SentencePooling of(Path folder) throws IOException {
        Path modules = folder.resolve(MODULES);
        String pooling = DEFAULT_FOLDER;
        boolean normalized = true;
        if (Files.exists(modules)) {
            Map<String, String> paths = modules(modules);
            pooling = paths.getOrDefault("Pooling", DEFAULT_FOLDER);
            normalized = paths.containsKey("Normalize");
        }
        Path file = folder.resolve(pooling).resolve("config.json");
        Task.Pooling mode = Files.exists(file) ? pooling(file) : Task.Pooling.MEAN;
        return new SentencePooling(mode, normalized, maxLength(folder.resolve("sentence_bert_config.json")));
    }

    /** Returns the folders of the modules by the last part of their type. */
    private static Map<String, String> modules(Path file) throws IOException {
        Map<String, String> paths = new LinkedHashMap<>();
        List<String> unknown = new ArrayList<>();
        for (JsonElement element : array(file)) {
            ModelConfig module =
                    new ModelConfig(element instanceof JsonObject object ? object : new JsonObject(), file.toString());
            String type = module.text("type", "");
            String name = type.substring(type.lastIndexOf('.') + 1);
            if (!KNOWN.contains(name) || paths.containsKey(name)) {
                unknown.add(type.isEmpty() ? element.toString() : type);
            }
            paths.put(name, module.text("path", ""));
            module.check();
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: modules %s are not supported; one each of %s are".formatted(file, unknown, KNOWN));
        }
        return paths;
    }

    private static JsonArray array(Path file) throws IOException {
        try {
            if (JsonParser.parseString(Files.readString(file)) instanceof JsonArray array) {
                return array;
            }
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("%s is no JSON: %s".formatted(file, e.getMessage()), e);
        }
        throw new IllegalArgumentException(file + " must be an array of modules");
    }

    /** Returns the one way to pool; sentence-transformers could put the vectors of several behind each other. */
    private static Task.Pooling pooling(Path file) throws IOException {
        JsonObject json = PythonJson.read(file);
        ModelConfig config = new ModelConfig(json, file.toString());
        List<String> modes = new ArrayList<>();
        if (json.get("pooling_mode") instanceof JsonArray) {
            modes.addAll(config.texts("pooling_mode"));
        } else if (json.has("pooling_mode")) {
            modes.add(config.text("pooling_mode", "mean"));
        } else {
            FLAGS.forEach((flag, mode) -> {
                if (config.flag(flag, false)) {
                    modes.add(mode);
                }
            });
        }
        config.check();
        if (modes.isEmpty()) {
            return Task.Pooling.MEAN;
        }
        if (modes.size() > 1 || !MODES.containsKey(modes.get(0))) {
            throw new IllegalArgumentException("%s: pooling by %s is not supported; one of %s is"
                    .formatted(
                            file,
                            modes.stream().sorted().toList(),
                            MODES.keySet().stream().sorted().toList()));
        }
        return MODES.get(modes.get(0));
    }

    private static int maxLength(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Integer.MAX_VALUE;
        }
        ModelConfig config = new ModelConfig(PythonJson.read(file), file.toString());
        int length = config.size("max_seq_length", Integer.MAX_VALUE);
        config.check();
        return length;
    }
}
