package io.peft4j.lora;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The fields of AdaLoRA's {@code adapter_config.json}: LoRA's, of which {@code r} means nothing, and those of the budget. */
final class AdaLoraFile {

    private static final String PATTERN = "rank_pattern";
    private static final String END = "." + AdaLoraLinear.E;

    private AdaLoraFile() {}

    static AdaLoraConfig read(ConfigFields fields) {
        fields.number("r", LoraConfig.DEFAULT_RANK, 0);
        int steps = fields.number("total_step", 0, 1);
        fields.require(steps > 0, "total_step is missing: AdaLoRA needs to know the number of all updates");
        AdaLoraConfig.Smoothing smoothing = AdaLoraConfig.Smoothing.DEFAULT;
        double beta1 = fields.real("beta1", smoothing.importance());
        double beta2 = fields.real("beta2", smoothing.uncertainty());
        int warmup = fields.number("tinit", 0, 0);
        int finishing = fields.number("tfinal", 0, 0);
        int interval = fields.number("deltaT", 1, 1);
        int targetRank = fields.number("target_r", AdaLoraConfig.DEFAULT_TARGET_RANK, 1);
        double orthogonality = fields.real("orth_reg_weight", AdaLoraConfig.DEFAULT_ORTHOGONALITY);
        LoraConfig.Builder lora = LoraFile.common(fields).rank(fields.number("init_r", AdaLoraConfig.DEFAULT_RANK, 1));
        Map<String, List<Boolean>> kept = kept(fields);
        fields.check(LoraFile.defaults());
        return new AdaLoraConfig(
                lora.build(),
                targetRank,
                new AdaLoraConfig.Schedule(warmup, finishing, interval, steps),
                new AdaLoraConfig.Smoothing(beta1, beta2),
                orthogonality,
                kept);
    }

    static JsonObject write(AdaLoraConfig config) {
        AdaLoraConfig.Schedule schedule = config.schedule();
        return LoraFile.write(config.lora())
                .number("r", LoraConfig.DEFAULT_RANK)
                .number("init_r", config.lora().rank())
                .number("target_r", config.targetRank())
                .number("tinit", schedule.warmup())
                .number("tfinal", schedule.finishing())
                .number("deltaT", schedule.interval())
                .number("total_step", schedule.steps())
                .real("beta1", config.smoothing().importance())
                .real("beta2", config.smoothing().uncertainty())
                .real("orth_reg_weight", config.orthogonality())
                .value(PATTERN, kept(config.kept()))
                .json();
    }

    private static Map<String, List<Boolean>> kept(ConfigFields fields) {
        Map<String, List<Boolean>> kept = new TreeMap<>();
        if (fields.get(PATTERN) instanceof JsonObject pattern) {
            pattern.entrySet().forEach(entry -> {
                List<Boolean> triplets = new ArrayList<>();
                boolean fits = entry.getKey().endsWith(END) && entry.getValue().isJsonArray();
                if (fits) {
                    for (JsonElement one : entry.getValue().getAsJsonArray()) {
                        fits &= one.isJsonPrimitive()
                                && one.getAsJsonPrimitive().isBoolean();
                        triplets.add(fits && one.getAsBoolean());
                    }
                }
                fields.require(fits, "%s must list true or false for layer%s: %s", PATTERN, END, entry);
                String key = entry.getKey();
                kept.put(fits ? key.substring(0, key.length() - END.length()) : key, triplets);
            });
        } else {
            fields.require(fields.get(PATTERN) == null, "%s must be an object or null", PATTERN);
        }
        return kept;
    }

    private static JsonElement kept(Map<String, List<Boolean>> kept) {
        JsonObject pattern = new JsonObject();
        kept.forEach((path, triplets) -> {
            JsonArray list = new JsonArray();
            triplets.forEach(list::add);
            pattern.add(path + END, list);
        });
        return pattern.isEmpty() ? JsonNull.INSTANCE : pattern;
    }
}
