package io.peft4j.examples.cli;

import ai.djl.engine.Engine;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Provenance;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** What is kept beside an adapter of how it came to be. */
final class TrainingRecord {

    private static final List<String> METRICS = List.of(
            "accuracy", "macro_f1", "f1", "micro_f1", "pearson", "spearman", "loss", "perplexity", "train_seconds");

    private TrainingRecord() {}

    /**
     * Returns the provenance of a training.
     *
     * @param rows what it was trained on, in their order
     * @param report what is known of it, of which the scores are kept
     */
    static Provenance of(long seed, List<?> rows, JsonObject report) {
        Map<String, Double> metrics = new TreeMap<>();
        METRICS.stream()
                .filter(name -> report.has(name) && !report.get(name).isJsonNull())
                .forEach(name -> metrics.put(name, report.get(name).getAsDouble()));
        return new Provenance(seed, fingerprint(rows), versions(), metrics);
    }

    /** Returns the SHA-256 of the rows. */
    private static String fingerprint(List<?> rows) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Object row : rows) {
                digest.update(row.toString().getBytes(StandardCharsets.UTF_8));
                digest.update((byte) '\n');
            }
            return "sha256:" + HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Every Java platform has it.
        }
    }

    /** Returns the versions of the libraries. */
    static Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>();
        versions.put("java", System.getProperty("java.version"));
        versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        versions.put("djl", Objects.requireNonNullElse(Engine.class.getPackage().getSpecificationVersion(), "?"));
        versions.put("pytorch", Engine.getEngine("PyTorch").getVersion());
        versions.put("peft4j", Version.get());
        return versions;
    }
}
