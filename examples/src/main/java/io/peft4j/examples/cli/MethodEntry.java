package io.peft4j.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A method of the command line.
 *
 * @param name what {@code --method} calls it
 * @param learningRate the usual one
 * @param fields its settings as {@code adapter_config.json} has them, as far as they are not the method's own defaults;
 *     the targets {@code "default"} are those of the architecture, and the updates those of the training
 * @param fixed fields that make the method what it is: no option for all methods reaches them
 */
record MethodEntry(String name, double learningRate, String fields, Set<String> fixed) {

    private static final String BOTTLENECK = "{peft_type: BOTTLENECK, output_adapter: true, ";
    private static final String PARALLEL = "is_parallel: true, reduction_factor: 2, init_weights: mam_adapter, ";

    private static final String PREFIX =
            "{peft_type: PREFIX_TUNING, num_virtual_tokens: 20, prefix_generation: as_trained";

    /** All methods: a new one is a line here, its options are the fields that its settings have. */
    static final List<MethodEntry> ALL = List.of(
            new MethodEntry("full", 2e-4, "{peft_type: FULL}"),
            new MethodEntry("linear-probe", 2e-2, "{peft_type: LINEAR_PROBE}"),
            new MethodEntry("lora", 2e-3, "{peft_type: LORA, lora_alpha: 16, target_modules: all-linear}"),
            new MethodEntry(
                    "rslora", 2e-3, "{peft_type: LORA, lora_alpha: 16, use_rslora: true, target_modules: all-linear}"),
            new MethodEntry(
                    "dora", 2e-3, "{peft_type: LORA, lora_alpha: 16, use_dora: true, target_modules: all-linear}"),
            new MethodEntry("lora-fa", 2e-3, "{peft_type: LORA_FA, lora_alpha: 16, target_modules: default}"),
            new MethodEntry(
                    "pissa",
                    1e-3,
                    "{peft_type: LORA, lora_alpha: 8, init_lora_weights: pissa, target_modules: default}"),
            new MethodEntry(
                    "olora",
                    1e-3,
                    "{peft_type: LORA, lora_alpha: 8, init_lora_weights: olora, target_modules: default}"),
            new MethodEntry(
                    "adalora",
                    2e-3,
                    "{peft_type: ADALORA, lora_alpha: 24, total_step: default, target_modules: all-linear}"),
            new MethodEntry("vera", 1e-2, "{peft_type: VERA, target_modules: default}"),
            new MethodEntry("loha", 4e-3, "{peft_type: LOHA, alpha: 16, target_modules: default}"),
            new MethodEntry("lokr", 1e-2, "{peft_type: LOKR, alpha: 16, target_modules: default}"),
            new MethodEntry("seq-bn", 5e-3, BOTTLENECK + "reduction_factor: 16, original_ln_before: true}"),
            new MethodEntry(
                    "double-seq-bn",
                    5e-3,
                    BOTTLENECK + "reduction_factor: 16, mh_adapter: true, non_linearity: swish}"),
            new MethodEntry("par-bn", 4e-3, BOTTLENECK + PARALLEL + "scaling: 4.0}"),
            new MethodEntry("scaled-par-bn", 4e-3, BOTTLENECK + PARALLEL + "scaling: learned}"),
            new MethodEntry(
                    "compacter",
                    3e-3,
                    BOTTLENECK + "reduction_factor: 32, mh_adapter: true, non_linearity: gelu, phm_layer: true}"),
            new MethodEntry(
                    "compacter++",
                    3e-3,
                    BOTTLENECK
                            + "reduction_factor: 32, original_ln_before: true, non_linearity: gelu, phm_layer: true}"),
            new MethodEntry(
                    "ia3",
                    1e-2,
                    "{peft_type: ADAPTERHUB_LORA, composition_mode: scale, r: 1, alpha: 1, attn_matrices: [k, v],"
                            + " intermediate_lora: true, init_weights: ia3}",
                    Set.of("r", "alpha")),
            new MethodEntry("bitfit", 1e-2, "{peft_type: BITFIT}"),
            new MethodEntry(
                    "prompt",
                    1e-2,
                    "{peft_type: PROMPT_TUNING, num_virtual_tokens: 20, prompt_tuning_init: SAMPLE_VOCAB}"),
            new MethodEntry(
                    "multitask-prompt",
                    1e-2,
                    "{peft_type: MULTITASK_PROMPT_TUNING, num_virtual_tokens: 20, prompt_tuning_init: SAMPLE_VOCAB}"),
            new MethodEntry("p-tuning", 2e-3, "{peft_type: P_TUNING, num_virtual_tokens: 20}"),
            new MethodEntry("prefix", 1e-2, PREFIX + "}"),
            new MethodEntry("prefix-projected", 2e-3, PREFIX + ", prefix_projection: true}"),
            new MethodEntry("p-tuning-v2", 1e-2, PREFIX + "}"),
            new MethodEntry("llama-adapter", 1e-2, "{peft_type: ADAPTION_PROMPT, adapter_len: 10, adapter_layers: 4}"));

    /** What {@code compare} compares unless told otherwise. */
    static final List<String> COMPARED = List.of(
            "full", "linear-probe", "lora", "dora", "vera", "seq-bn", "par-bn", "ia3", "bitfit", "prompt", "prefix");

    private static final double USUAL_LEARNING_RATE = 2e-3;
    private static final String TARGETS = "target_modules";
    private static final String UPDATES = "total_step";

    MethodEntry {
        fixed = Set.copyOf(fixed);
    }

    private MethodEntry(String name, double learningRate, String fields) {
        this(name, learningRate, fields, Set.of());
    }

    /** Returns the method of a name. */
    static MethodEntry of(String name) {
        return ALL.stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    List<String> names = ALL.stream().map(MethodEntry::name).toList();
                    return new UsageException("--method must be one of %s: %s".formatted(names, name));
                });
    }

    /** Returns the name of a method that is known by its type alone. */
    static String nameOf(String peftType) {
        return peftType.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the usual learning rate of a method, which may be known by its type alone. */
    static double learningRate(String name) {
        return ALL.stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .or(() -> ALL.stream().filter(entry -> entry.isUsualFor(name)).findFirst())
                .map(MethodEntry::learningRate)
                .orElse(USUAL_LEARNING_RATE);
    }

    private boolean isUsualFor(String name) {
        return fixed.isEmpty()
                && name.equals(nameOf(json(List.of(), 1).get("peft_type").getAsString()));
    }

    /** Returns the settings of fields. */
    PeftConfig read(JsonObject json) {
        return PeftMethods.read(new ConfigFields(json, "--method " + name));
    }

    /**
     * Returns the settings.
     *
     * @param updates how many there will be, for methods with a schedule of their own
     */
    JsonObject json(List<String> defaultTargets, int updates) {
        JsonObject json = JsonParser.parseString(fields).getAsJsonObject();
        if (new JsonPrimitive("default").equals(json.get(TARGETS))) {
            JsonArray targets = new JsonArray();
            defaultTargets.forEach(targets::add);
            json.add(TARGETS, targets);
        }
        if (new JsonPrimitive("default").equals(json.get(UPDATES))) {
            json.addProperty(UPDATES, updates);
        }
        return json;
    }
}
