package io.peft4j.lora;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.TargetModules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The fields of a LoRA's {@code adapter_config.json} as Hugging Face PEFT 0.21 writes them. */
final class LoraFile {

    /** Fields of variants that this class has not, at the value that leaves them off. */
    private static final String OFF =
            """
            {"alora_invocation_tokens": null, "arrow_config": null, "bias": "none", "corda_config": null,
             "ensure_weight_tying": false, "eva_config": null, "fan_in_fan_out": false, "kasa_config": null,
             "layer_replication": null, "layers_pattern": null, "loftq_config": {}, "lora_bias": false,
             "lora_ga_config": null, "megatron_config": null, "megatron_core": "megatron.core",
             "monteclora_config": null, "qalora_group_size": 16, "target_parameters": null,
             "trainable_token_indices": null, "use_bdlora": null, "use_dora": false, "use_qalora": false,
             "velora_config": null}
            """;

    private LoraFile() {}

    static LoraConfig read(ConfigFields fields) {
        TargetModules targets = targets(fields);
        Map<String, Integer> ranks = new LinkedHashMap<>();
        fields.map("rank_pattern").forEach((key, rank) -> ranks.put(key, rank.intValue()));
        LoraInit init = init(fields);
        LoraConfig.Builder builder = LoraConfig.builder(targets)
                .rank(fields.number("r", LoraConfig.DEFAULT_RANK, 1))
                .alpha(fields.real("lora_alpha", LoraConfig.DEFAULT_ALPHA))
                .dropout(fields.real("lora_dropout", 0))
                .scaling(fields.flag("use_rslora", false) ? LoraScaling.RANK_STABILIZED : LoraScaling.STANDARD)
                .init(init)
                .patterns(ranks, fields.map("alpha_pattern"))
                .modulesToSave(
                        fields.texts("modules_to_save").stream().distinct().toArray(String[]::new));
        // How the file says where the weights are stored transposed; models here never store them so.
        fields.flag("fan_in_fan_out", false);
        fields.check(off());
        return builder.build();
    }

    static JsonObject write(LoraConfig config) {
        JsonObject json = off();
        TargetModules targets = config.targetModules();
        json.addProperty("r", config.rank());
        json.add("lora_alpha", number(config.alpha()));
        json.addProperty("lora_dropout", config.dropout());
        json.addProperty("use_rslora", config.scaling() == LoraScaling.RANK_STABILIZED);
        json.add(
                "init_lora_weights",
                config.init() == LoraInit.GAUSSIAN ? new JsonPrimitive("gaussian") : new JsonPrimitive(true));
        json.add("target_modules", targetsOf(targets));
        json.add("exclude_modules", texts(targets.exclude()));
        json.add("layers_to_transform", numbers(targets.layers()));
        json.add("rank_pattern", object(config.patterns().rank()));
        json.add("alpha_pattern", object(config.patterns().alpha()));
        return json;
    }

    private static TargetModules targets(ConfigFields fields) {
        JsonElement value = fields.get("target_modules");
        boolean one = value != null && value.isJsonPrimitive();
        List<String> names = fields.texts("target_modules");
        fields.require(!names.isEmpty(), "target_modules is missing");
        TargetModules targets = !one && !names.isEmpty()
                ? TargetModules.of(names)
                : one && !names.get(0).equalsIgnoreCase(TargetModules.ALL_LINEAR)
                        ? TargetModules.matching(names.get(0))
                        : TargetModules.allLinear();
        return targets.excluding(fields.texts("exclude_modules")).inLayers(fields.numbers("layers_to_transform"));
    }

    private static LoraInit init(ConfigFields fields) {
        @Nullable JsonElement value = fields.get("init_lora_weights");
        boolean gaussian = value != null && value.equals(new JsonPrimitive("gaussian"));
        boolean kaiming = value == null || value.equals(new JsonPrimitive(true));
        fields.require(gaussian || kaiming, "init_lora_weights is not supported: %s", String.valueOf(value));
        return gaussian ? LoraInit.GAUSSIAN : LoraInit.KAIMING;
    }

    private static JsonObject off() {
        return JsonParser.parseString(OFF).getAsJsonObject();
    }

    private static JsonElement targetsOf(TargetModules targets) {
        return targets.isAllLinear()
                ? new JsonPrimitive(TargetModules.ALL_LINEAR)
                : targets.regex().isEmpty() ? texts(targets.suffixes()) : new JsonPrimitive(targets.regex());
    }

    private static JsonElement texts(List<String> values) {
        JsonArray array = new JsonArray();
        values.stream().sorted().forEach(array::add);
        return values.isEmpty() ? JsonNull.INSTANCE : array;
    }

    private static JsonElement numbers(List<Integer> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return values.isEmpty() ? JsonNull.INSTANCE : array;
    }

    private static JsonObject object(Map<String, ? extends Number> values) {
        JsonObject object = new JsonObject();
        values.forEach((key, value) -> object.add(key, number(value.doubleValue())));
        return object;
    }

    /** Returns a whole number without a fraction, as PEFT writes {@code lora_alpha}. */
    private static JsonPrimitive number(double value) {
        return value == Math.rint(value) ? new JsonPrimitive((long) value) : new JsonPrimitive(value);
    }
}
