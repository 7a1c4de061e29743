package io.peft4j.adapterhub;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.Mixture;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.bottleneck.BottleneckConfig;
import java.util.List;
import java.util.Map;

/** The {@code config} object of AdapterHub's files, and the settings here that it stands for. */
public final class HubConfig {

    private static final String ARCHITECTURE = "architecture";
    private static final String UNION = "union";
    private static final String PEFT_TYPE = "peft_type";

    /** What versions without a version in their files meant by a function. */
    private static final Map<String, String> OLD_FUNCTIONS = Map.of("gelu", "gelu_new", "gelu_orig", "gelu");

    /** The method of each architecture that files name; bottlenecks name none. */
    private static final Map<String, String> METHODS = Map.of(
            "",
            BottleneckConfig.TYPE,
            "lora",
            HubLoraConfig.TYPE,
            "prefix_tuning",
            HubPrefixConfig.TYPE,
            "prompt_tuning",
            HubPromptConfig.TYPE);

    private static final List<String> REQUIRED =
            List.of("mh_adapter", "output_adapter", "reduction_factor", "non_linearity");

    private HubConfig() {}

    /** Returns whether AdapterHub has a place for such settings. */
    public static boolean canWrite(PeftConfig config) {
        return config instanceof Mixture mixture
                ? mixture.configs().stream().allMatch(HubConfig::canWrite)
                : METHODS.containsValue(config.peftType());
    }

    /**
     * Returns the object for some settings.
     *
     * @param width of the model, which a bottleneck size becomes a factor of
     */
    public static JsonObject write(PeftConfig config, long width) {
        if (config instanceof Mixture mixture) {
            JsonArray parts = new JsonArray();
            mixture.configs().forEach(part -> parts.add(write(part, width)));
            JsonObject json = new JsonObject();
            json.addProperty(ARCHITECTURE, UNION);
            json.add("configs", parts);
            return json;
        }
        // AdapterHub has no field for the size itself.
        PeftConfig written = config instanceof BottleneckConfig bottleneck ? bottleneck.withFactor(width) : config;
        JsonObject json = PeftMethods.of(written).write(written);
        METHODS.forEach((architecture, method) -> {
            if (!architecture.isEmpty() && method.equals(config.peftType())) {
                json.addProperty(ARCHITECTURE, architecture);
            }
        });
        return json;
    }

    /**
     * Returns the fields as methods here read them.
     *
     * @param config the object of a file
     * @param version that wrote the file, empty if it names none
     */
    public static JsonObject read(JsonObject config, String version) {
        JsonObject fields = config.deepCopy();
        String architecture = architecture(fields);
        if (architecture.equals(UNION)) {
            if (!(fields.get("configs") instanceof JsonArray parts)) {
                throw new IllegalArgumentException(
                        "configs of architecture union must be a list of settings: " + fields.get("configs"));
            }
            JsonArray read = new JsonArray();
            parts.forEach(part -> read.add(part.isJsonObject() ? read(part.getAsJsonObject(), version) : part));
            JsonObject mixture = new JsonObject();
            mixture.addProperty(PEFT_TYPE, Mixture.TYPE);
            mixture.add("configs", read);
            return mixture;
        }
        String method = METHODS.get(architecture);
        if (method == null) {
            throw new IllegalArgumentException(
                    "architecture %s of AdapterHub is not supported, only %s, unions of them, and none for bottlenecks"
                            .formatted(architecture, named()));
        }
        if (architecture.isEmpty()) {
            requireBottleneck(fields);
        }
        fields.addProperty(PEFT_TYPE, method);
        fields.remove(ARCHITECTURE);
        modernise(fields, version);
        return fields;
    }

    private static String architecture(JsonObject fields) {
        JsonElement value = fields.get(ARCHITECTURE);
        boolean isAbsent = value == null || value.isJsonNull();
        if (!isAbsent && !(value instanceof JsonPrimitive text && text.isString())) {
            throw new IllegalArgumentException("architecture must be a text: " + value);
        }
        return isAbsent ? "" : value.getAsString();
    }

    /** AdapterHub has no defaults for these, and what lacks them may be another method without its architecture. */
    private static void requireBottleneck(JsonObject fields) {
        List<String> missing =
                REQUIRED.stream().filter(field -> !fields.has(field)).toList();
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    "bottlenecks need %s, which are missing; other methods name their architecture, one of %s"
                            .formatted(missing, named()));
        }
    }

    private static List<String> named() {
        return METHODS.keySet().stream()
                .filter(name -> !name.isEmpty())
                .sorted()
                .toList();
    }

    /** Turns what old versions wrote into what is written today. */
    private static void modernise(JsonObject fields, String version) {
        String function = text(fields, "non_linearity");
        if (version.isEmpty() && OLD_FUNCTIONS.containsKey(function)) {
            fields.addProperty("non_linearity", OLD_FUNCTIONS.get(function));
        }
        unscale(fields, version);
        JsonElement invertible = fields.remove("invertible_adapter");
        if (invertible instanceof JsonObject nested && !fields.has("inv_adapter")) {
            fields.add("inv_adapter", nested.get("block_type"));
            fields.add("inv_adapter_reduction_factor", nested.get("reduction_factor"));
        }
    }

    /** Versions 1.0 of the new library trained LoRA without alpha/r, whatever alpha their files name. */
    private static void unscale(JsonObject fields, String version) {
        if (version.startsWith("adapters.1.0") && fields.has("alpha") && fields.has("r")) {
            fields.add("alpha", fields.get("r"));
        }
    }

    private static String text(JsonObject fields, String key) {
        return fields.get(key) instanceof JsonPrimitive text && text.isString() ? text.getAsString() : "";
    }
}
