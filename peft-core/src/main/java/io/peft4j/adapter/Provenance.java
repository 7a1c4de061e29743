package io.peft4j.adapter;

import com.google.gson.JsonObject;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.PythonJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where an adapter came from, kept beside its files where PEFT does not look.
 *
 * @param seed what its training drew from
 * @param data a fingerprint of the training data
 * @param versions of the libraries that trained it, by name
 * @param metrics that it reached, by name
 */
public record Provenance(long seed, String data, Map<String, String> versions, Map<String, Double> metrics) {

    /** The file of what PEFT has no place for. */
    static final String FILE = "peft4j.json";

    private static final String KEY = "provenance";

    public Provenance {
        versions = Map.copyOf(versions);
        metrics = Map.copyOf(metrics);
    }

    /** Adds this to a folder in which an adapter was saved. */
    public void write(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        JsonObject json = Files.exists(file) ? PythonJson.read(file) : new JsonObject();
        JsonObject own = new JsonObject();
        own.addProperty("seed", seed);
        own.addProperty("data", data);
        JsonObject byName = new JsonObject();
        versions.forEach(byName::addProperty);
        own.add("versions", byName);
        JsonObject numbers = new JsonObject();
        metrics.forEach(numbers::addProperty);
        own.add("metrics", numbers);
        json.add(KEY, own);
        AtomicFile.write(file, PythonJson.format(json));
    }

    /** Returns what a folder says, if it says anything. */
    public static Optional<Provenance> read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        JsonObject json = Files.exists(file) ? PythonJson.read(file) : new JsonObject();
        if (!json.has(KEY)) {
            return Optional.empty();
        }
        if (!(json.get(KEY) instanceof JsonObject own) || !(own.get("versions") instanceof JsonObject byName)) {
            throw new IllegalArgumentException("%s: %s must be an object with versions".formatted(file, KEY));
        }
        Map<String, String> versions = new TreeMap<>();
        byName.entrySet()
                .forEach(entry -> versions.put(entry.getKey(), entry.getValue().getAsString()));
        ConfigFields fields = new ConfigFields(own, file + ", " + KEY);
        Provenance provenance =
                new Provenance(own.get("seed").getAsLong(), fields.text("data", ""), versions, fields.map("metrics"));
        return Optional.of(provenance);
    }
}
