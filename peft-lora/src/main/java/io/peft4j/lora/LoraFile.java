package io.peft4j.lora;

import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import java.util.LinkedHashMap;
import java.util.Map;

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

    private LoraFile() {}

    static LoraConfig read(ConfigFields fields) {
        LoraConfig.Builder builder = LoraConfig.builder(fields.targets())
                .rank(fields.number("r", LoraConfig.DEFAULT_RANK, 1))
                .alpha(fields.real("lora_alpha", LoraConfig.DEFAULT_ALPHA))
                .dropout(fields.real("lora_dropout", 0))
                .scaling(fields.flag("use_rslora", false) ? LoraScaling.RANK_STABILIZED : LoraScaling.STANDARD)
                .init(fields.choice("init_lora_weights", LoraInit.values(), LoraInit::field, LoraInit.KAIMING))
                .patterns(ranks(fields), fields.map("alpha_pattern"))
                .bias(bias(fields))
                .modulesToSave(fields.modulesToSave().toArray(String[]::new));
        // How the file says where the weights are stored transposed; models here never store them so.
        fields.flag("fan_in_fan_out", false);
        fields.flag("use_dora", false);
        fields.check(new ConfigWriter(OFF).json());
        return builder.build();
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
                .value("bias", config.bias().field());
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
