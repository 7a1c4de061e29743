package io.peft4j.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The methods that are measured, written as their {@code adapter_config.json}. */
final class Methods {

    /** Settings by name: FEW and MANY are the model's usual targets, RANK and ALPHA numbers. */
    private static final Map<String, String> SETTINGS = Map.ofEntries(
            Map.entry("full", "{'peft_type': 'FULL'}"),
            Map.entry("linear-probe", "{'peft_type': 'LINEAR_PROBE'}"),
            Map.entry("lora", "{'peft_type': 'LORA', 'r': RANK, 'lora_alpha': ALPHA, 'target_modules': FEW}"),
            Map.entry("lora_all", "{'peft_type': 'LORA', 'r': RANK, 'lora_alpha': ALPHA, 'target_modules': MANY}"),
            Map.entry(
                    "dora",
                    "{'peft_type': 'LORA', 'r': RANK, 'lora_alpha': ALPHA, 'target_modules': FEW, 'use_dora': true}"),
            Map.entry("ia3", "{'peft_type': 'IA3', 'target_modules': MANY, 'feedforward_modules': LAST}"),
            Map.entry("prompt", "{'peft_type': 'PROMPT_TUNING', 'num_virtual_tokens': 20}"),
            Map.entry("prefix", "{'peft_type': 'PREFIX_TUNING', 'num_virtual_tokens': 20}"),
            Map.entry("ptuning", "{'peft_type': 'P_TUNING', 'num_virtual_tokens': 20, 'encoder_hidden_size': 128}"),
            Map.entry(
                    "seq_bn",
                    "{'peft_type': 'BOTTLENECK', 'output_adapter': true, 'original_ln_before': true, 'reduction_factor': 16}"),
            Map.entry(
                    "double_seq_bn",
                    "{'peft_type': 'BOTTLENECK', 'output_adapter': true, 'mh_adapter': true, 'reduction_factor': 16}"),
            Map.entry(
                    "par_bn",
                    "{'peft_type': 'BOTTLENECK', 'output_adapter': true, 'is_parallel': true, 'scaling': 4.0, 'reduction_factor': 2}"),
            Map.entry(
                    "sequential",
                    "{'peft_type': 'BOTTLENECK', 'output_adapter': true, 'non_linearity': 'gelu', 'bottleneck_size': 256}"),
            Map.entry(
                    "parallel",
                    "{'peft_type': 'BOTTLENECK', 'output_adapter': true, 'is_parallel': true, 'non_linearity': 'gelu',"
                            + " 'bottleneck_size': 256}"));

    private Methods() {}

    /** Returns the settings of a method by name, for a BERT. */
    static PeftConfig config(String name, int rank) {
        return config(name, rank, "bert");
    }

    /**
     * Returns the settings of a method by name.
     *
     * @param modelType decides which modules are adapted
     */
    static PeftConfig config(String name, int rank, String modelType) {
        String settings = SETTINGS.get(name);
        if (settings == null) {
            throw new IllegalArgumentException(
                    "--method must be one of %s: %s".formatted(new TreeSet<>(SETTINGS.keySet()), name));
        }
        List<String> many = many(modelType);
        String json = settings.replace("RANK", Integer.toString(rank))
                .replace("ALPHA", Integer.toString(2 * rank))
                .replace("FEW", quoted(few(modelType)))
                .replace("MANY", quoted(many))
                .replace("LAST", quoted(many.subList(many.size() - 1, many.size())));
        ConfigFields fields = new ConfigFields(new Gson().fromJson(json, JsonObject.class), "--method " + name);
        return PeftMethods.of(fields).read(fields);
    }

    /**
     * Fails if there is no method of some name.
     *
     * @param other what a command knows beside the methods
     */
    static void check(String name, String other) {
        if (!name.equals(other)) {
            config(name, 1);
        }
    }

    private static List<String> few(String modelType) {
        return switch (modelType) {
            case "gpt2" -> List.of("c_attn");
            case "llama", "mistral", "qwen2", "qwen3" -> List.of("q_proj", "v_proj");
            default -> List.of("query", "value");
        };
    }

    private static List<String> many(String modelType) {
        return switch (modelType) {
            case "gpt2" -> List.of("c_attn", "c_proj", "c_fc");
            case "llama", "mistral", "qwen2", "qwen3" ->
                List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
            default -> List.of("query", "key", "value", "dense");
        };
    }

    private static String quoted(List<String> names) {
        return new Gson().toJson(names);
    }
}
