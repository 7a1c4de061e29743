package io.peft4j.adapterhub;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.io.PythonJson;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** AdapterHub's identifier of settings: 16 digits of SHA-1 of those that are not their default. */
public final class HubConfigId {

    private static final int LENGTH = 16;

    /** Fields that later versions added, at the values that leave identifiers as they were. */
    private static final JsonObject DEFAULTS = JsonParser.parseString(
                    """
                    {"phm_layer": true, "phm_dim": 4, "factorized_phm_W": true, "shared_W_phm": false,
                     "shared_phm_rule": true, "factorized_phm_rule": false, "phm_c_init": "normal",
                     "phm_init_range": 0.0001, "learn_phm": true, "hypercomplex_nonlinearity": "glorot-uniform",
                     "phm_rank": 1, "phm_bias": true, "init_weights": "bert", "scaling": 1.0}
                    """)
            .getAsJsonObject();

    private HubConfigId() {}

    /** Returns the identifier of the {@code config} of an {@code adapter_config.json}. */
    public static String of(JsonObject config) {
        JsonObject own = minimal(config);
        DEFAULTS.entrySet().stream()
                .filter(entry -> entry.getValue().equals(own.get(entry.getKey())))
                .forEach(entry -> own.remove(entry.getKey()));
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            byte[] hash = digest.digest(text(own).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }

    /** Leaves out what Python takes for false, in objects but not in lists. */
    private static JsonObject minimal(JsonObject config) {
        JsonObject minimal = new JsonObject();
        config.entrySet().stream()
                .filter(entry -> isTrue(entry.getValue()))
                .forEach(entry -> minimal.add(
                        entry.getKey(),
                        entry.getValue().isJsonObject()
                                ? minimal(entry.getValue().getAsJsonObject())
                                : entry.getValue()));
        return minimal;
    }

    private static boolean isTrue(JsonElement value) {
        if (value.isJsonNull()) {
            return false;
        } else if (value.isJsonObject()) {
            return value.getAsJsonObject().size() > 0;
        } else if (value.isJsonArray()) {
            return !value.getAsJsonArray().isEmpty();
        }
        var primitive = value.getAsJsonPrimitive();
        return primitive.isBoolean()
                ? primitive.getAsBoolean()
                : primitive.isNumber()
                        ? primitive.getAsDouble() != 0
                        : !primitive.getAsString().isEmpty();
    }

    /** Returns the text on one line, as {@code json.dumps(…, sort_keys=True)} writes it. */
    private static String text(JsonElement value) {
        if (value.isJsonObject()) {
            Map<String, JsonElement> sorted =
                    new TreeMap<>(value.getAsJsonObject().asMap());
            return sorted.entrySet().stream()
                    .map(entry -> PythonJson.format(new com.google.gson.JsonPrimitive(entry.getKey())) + ": "
                            + text(entry.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        return value.isJsonArray()
                ? StreamSupport.stream(value.getAsJsonArray().spliterator(), false)
                        .map(HubConfigId::text)
                        .collect(Collectors.joining(", ", "[", "]"))
                : PythonJson.format(value);
    }
}
