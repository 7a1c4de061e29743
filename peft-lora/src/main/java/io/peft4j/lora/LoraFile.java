package io.peft4j.lora;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The fields of a LoRA's {@code adapter_config.json} as Hugging Face PEFT 0.21 writes them. */
final class LoraFile {

    /** Fields of variants that this library has not, at the value that leaves them off. */
    private static final String OFF =
            """
            {"alora_invocation_tokens": null, "arrow_config": null, "corda_config": null,
             "ensure_weight_tying": false, "eva_config": null, "fan_in_fan_out": false, "kasa_config": null,
             "layer_replication": null, "layers_pattern": null, "loftq_config": {}, "lora_bias": false,
             "lora_ga_config": null, "megatron_config": null, "megatron_core": "megatron.core",
             "monteclora_config": null, "qalora_group_size": 16, "target_parameters": null,
             "trainable_token_indices": null, "use_bdlora": null, "use_dora": false, "use_qalora": false,
             "velora_config": null}
            """;

    private static final String TOKENS = "trainable_token_indices";

    private LoraFile() {}

    static LoraConfig read(ConfigFields fields) {
        LoraConfig.Builder builder = common(fields)
                .rank(fields.number("r", LoraConfig.DEFAULT_RANK, 1))
                .scaling(fields.flag("use_rslora", false) ? LoraScaling.RANK_STABILIZED : LoraScaling.STANDARD)
                .patterns(ranks(fields), fields.map("alpha_pattern"));
        fields.check(defaults());
        return builder.build();
    }

    /** Reads what AdaLoRA has too. */
    static LoraConfig.Builder common(ConfigFields fields) {
        // How the file says where the weights are stored transposed; models here never store them so.
        fields.flag("fan_in_fan_out", false);
        // PEFT 0.2 said here whether inference merges, which changes no number.
        fields.flag("merge_weights", false);
        return LoraConfig.builder(fields.targets())
                .alpha(fields.real("lora_alpha", LoraConfig.DEFAULT_ALPHA))
                .dropout(fields.real("lora_dropout", 0))
                .init(LoraInit.read(fields))
                .bias(bias(fields))
                .tokens(tokens(fields))
                .modulesToSave(fields.modulesToSave().toArray(String[]::new));
    }

    /** Returns the fields of variants that this library has not, at their defaults. */
    static JsonObject defaults() {
        return new ConfigWriter(OFF).json();
    }

    static ConfigWriter write(LoraConfig config) {
        return new ConfigWriter(OFF)
                .targets(config.targetModules())
                .number("r", config.rank())
                .number("lora_alpha", config.alpha())
                .real("lora_dropout", config.dropout())
                .flag("use_rslora", config.scaling() == LoraScaling.RANK_STABILIZED)
                .value("init_lora_weights", config.init().field())
                .map("rank_pattern", config.patterns().rank())
                .map("alpha_pattern", config.patterns().alpha())
                .value("bias", config.also().bias().field())
                .value(TOKENS, tokens(config.also().tokens()));
    }

    /** Reads a list of tokens of the table of words, or such lists by module. */
    private static TrainedTokens tokens(ConfigFields fields) {
        JsonElement value = fields.get(TOKENS);
        Map<String, List<Integer>> byModule = new LinkedHashMap<>();
        try {
            if (value instanceof JsonObject object) {
                ConfigFields lists = new ConfigFields(object, TOKENS);
                object.keySet().forEach(module -> byModule.put(module, lists.numbers(module)));
                lists.check(new JsonObject());
            } else if (value != null) {
                byModule.put(TrainedTokens.INPUT, fields.numbers(TOKENS));
            }
            return new TrainedTokens(byModule);
        } catch (IllegalArgumentException e) {
            fields.require(false, "%s", String.valueOf(e.getMessage()));
            return TrainedTokens.NONE;
        }
    }

    private static JsonElement tokens(TrainedTokens tokens) {
        JsonObject lists = new JsonObject();
        new TreeMap<>(tokens.byModule()).forEach((module, numbers) -> {
            JsonArray list = new JsonArray();
            numbers.forEach(list::add);
            lists.add(module, list);
        });
        JsonElement words = lists.get(TrainedTokens.INPUT);
        return words != null ? words : lists.isEmpty() ? JsonNull.INSTANCE : lists;
    }

    static Map<String, Integer> ranks(ConfigFields fields) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        fields.map("rank_pattern").forEach((key, rank) -> ranks.put(key, rank.intValue()));
        return ranks;
    }

    static LoraBias bias(ConfigFields fields) {
        return fields.choice("bias", LoraBias.values(), LoraBias::field, LoraBias.NONE);
    }
}
