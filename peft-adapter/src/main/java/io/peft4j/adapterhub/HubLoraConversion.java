package io.peft4j.adapterhub;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapterhub.HubLoraConfig.Init;
import io.peft4j.adapterhub.HubLoraConfig.Mode;
import io.peft4j.adapterhub.HubLoraConfig.Places;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * LoRA: s·B·A is {@code lora_A.weight}, {@code lora_B.weight} in PEFT and {@code loras.lora_A}, {@code loras.lora_B} in
 * AdapterHub, with alpha = s·r.
 *
 * <p>Of a linear with three parts PEFT has one pair of factors, AdapterHub one for each of n parts, all of rank r. To
 * AdapterHub A is repeated: Bᵢ·A for the rows Bᵢ of each part. To PEFT the rank becomes n·r: A is [A₁; …; Aₙ], and B has Bᵢ in
 * the rows of its part and the columns of Aᵢ.
 */
final class HubLoraConversion {

    /** PEFT's name of the method. */
    static final String LORA = "LORA";

    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";
    private static final String HUB_A = ".loras.lora_A";
    private static final String HUB_B = ".loras.lora_B";

    private HubLoraConversion() {}

    static Adapter toHub(Adapter peft, BaseModel base) {
        JsonObject fields = PeftMethods.of(peft.config()).write(peft.config());
        checkPlain(fields, peft);
        int rank = fields.get("r").getAsInt();
        boolean stabilised = fields.get("use_rslora").getAsBoolean();
        double alpha = fields.get("lora_alpha").getAsDouble() * (stabilised ? Math.sqrt(rank) : 1);
        Map<String, float[]> factors = new TreeMap<>();
        List<String> read = new ArrayList<>();
        for (String name : peft.trainable().names()) {
            if (name.endsWith(A)) {
                factors.put(name.substring(0, name.length() - A.length()), values(peft, name));
                read.add(name);
                read.add(name.substring(0, name.length() - A.length()) + B);
            }
        }
        Places places = HubTargets.places(factors.keySet(), peft, base);
        Map<String, float[]> values = new LinkedHashMap<>();
        factors.forEach((path, a) -> {
            int parts = HubRole.adapted(places, path).size();
            float[] repeated = new float[parts * a.length];
            for (int i = 0; i < parts; i++) {
                System.arraycopy(a, 0, repeated, i * a.length, a.length);
            }
            values.put(path + HUB_A, repeated);
            values.put(path + HUB_B, values(peft, path + B));
        });
        double dropout = fields.get("lora_dropout").getAsDouble();
        return HubConversion.make(
                peft, base, new HubLoraConfig(places, rank, alpha, dropout, Mode.ADD, false, Init.LORA), values, read);
    }

    private static void checkPlain(JsonObject fields, Adapter peft) {
        for (String pattern : List.of("rank_pattern", "alpha_pattern")) {
            JsonElement value = fields.get(pattern);
            if (value instanceof JsonObject map && map.size() > 0) {
                throw HubConversion.refused(
                        peft,
                        "AdapterHub has one rank and one alpha for all linears, and %s is %s".formatted(pattern, map));
            }
        }
        if (fields.has("use_dora") && fields.get("use_dora").getAsBoolean()) {
            throw HubConversion.refused(
                    peft, "AdapterHub's DoRA has norms without alpha/r and computes something else");
        }
    }

    static void checkGate(HubLoraConfig config, Adapter hub) {
        if (config.gating()) {
            throw HubConversion.refused(hub, "Hugging Face PEFT has no gates");
        }
    }

    static Adapter toPeft(HubLoraConfig config, Adapter hub, BaseModel base) {
        checkGate(config, hub);
        Map<String, List<Boolean>> adapted = HubTargets.adapted(config.places(), base);
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, Integer> ranks = new TreeMap<>();
        List<String> read = new ArrayList<>();
        adapted.forEach((path, parts) -> {
            int pairs = (int) parts.stream().filter(part -> part).count();
            ranks.put(HubTargets.lastName(path), pairs * config.rank());
            values.put(path + A, values(hub, path + HUB_A));
            values.put(path + B, scattered(values(hub, path + HUB_B), parts, pairs, config.rank()));
            read.addAll(List.of(path + HUB_A, path + HUB_B));
        });
        return HubConversion.make(hub, base, lora(config, adapted, ranks, base), values, read);
    }

    /** Returns B [parts·width, pairs·r] for the factors [pairs·width, r] of the adapted parts. */
    private static float[] scattered(float[] factors, List<Boolean> parts, int pairs, int rank) {
        int width = factors.length / (pairs * rank);
        int columns = pairs * rank;
        float[] all = new float[parts.size() * width * columns];
        int pair = 0;
        for (int part = 0; part < parts.size(); part++) {
            if (parts.get(part)) {
                for (int row = 0; row < width; row++) {
                    int from = (pair * width + row) * rank;
                    int to = (part * width + row) * columns + pair * rank;
                    System.arraycopy(factors, from, all, to, rank);
                }
                pair++;
            }
        }
        return all;
    }

    /** Returns PEFT's settings; linears whose rank is another than the largest have a pattern. */
    private static PeftConfig lora(
            HubLoraConfig config, Map<String, List<Boolean>> adapted, Map<String, Integer> ranks, BaseModel base) {
        int rank = ranks.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
        double scaling = config.alpha() / config.rank();
        Map<String, Integer> others = new TreeMap<>(ranks);
        others.values().removeIf(other -> other == rank);
        Map<String, Double> alphas = new TreeMap<>();
        others.forEach((name, other) -> alphas.put(name, scaling * other));
        JsonObject fields = new ConfigWriter("{}")
                .text("peft_type", LORA)
                .targets(HubTargets.targets(adapted.keySet(), base))
                .number("r", rank)
                .number("lora_alpha", scaling * rank)
                .real("lora_dropout", config.dropout())
                .map("rank_pattern", others)
                .map("alpha_pattern", alphas)
                .json();
        ConfigFields read = new ConfigFields(fields, "conversion");
        return PeftMethods.of(read).read(read);
    }

    private static float[] values(Adapter adapter, String name) {
        return NativeTensors.toFloats(adapter.parameter(name));
    }
}
