package io.peft4j.bottleneck;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.bottleneck.BottleneckWiring.Residual;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The {@code config} of AdapterHub's files for bottlenecks; a size has a field of its own that AdapterHub has not. */
final class BottleneckFile {

    private static final String SIZE = "bottleneck_size";
    private static final String DEFAULT = "default";

    private BottleneckFile() {}

    static BottleneckConfig read(ConfigFields fields) {
        BottleneckConfig.Builder builder = BottleneckConfig.builder()
                .after(fields.flag("mh_adapter", false), fields.flag("output_adapter", false))
                .afterCrossAttention(fields.flag("cross_adapter", false))
                .leaveOut(LeaveOut.read(fields).layers())
                .parallel(fields.flag("is_parallel", false))
                .originalNorm(fields.flag("original_ln_before", false), fields.flag("original_ln_after", true))
                .residual(residual(fields))
                .reduction(reduction(fields))
                .nonLinearity(NonLinearity.of(fields.text("non_linearity", "relu")))
                .norms(new BottleneckShape.Norms(
                        fields.flag("ln_before", false),
                        fields.flag("ln_after", false),
                        fields.flag("adapter_residual_before_ln", false)))
                .phm(phm(fields))
                .scaling(scaling(fields))
                .gating(fields.flag("use_gating", false))
                .dropout(fields.real("dropout", 0))
                .stochasticDepth(fields.real("stochastic_depth", 0))
                .init(BottleneckInit.of(fields.text("init_weights", "bert")))
                .invertible(invertible(fields))
                .modulesToSave(fields.texts("modules_to_save").toArray(String[]::new));
        // Seeds decide how fresh adapters start, not what this one computes.
        fields.get("init_weights_seed");
        fields.check(new JsonObject());
        return builder.build();
    }

    static JsonObject write(BottleneckConfig config) {
        BottleneckShape shape = config.shape();
        BottleneckOutput output = config.output();
        JsonObject json = new JsonObject();
        json.addProperty("adapter_residual_before_ln", shape.norms().residualInside());
        json.addProperty("cross_adapter", config.placement().crossAttention());
        json.addProperty("dropout", output.dropout());
        json.addProperty("init_weights", config.init().fileName());
        json.add("init_weights_seed", JsonNull.INSTANCE);
        boolean inverts = config.invertible() > 0;
        json.add("inv_adapter", inverts ? new JsonPrimitive("nice") : JsonNull.INSTANCE);
        json.add("inv_adapter_reduction_factor", inverts ? number(config.invertible()) : JsonNull.INSTANCE);
        json.addProperty("is_parallel", config.wiring().parallel());
        json.add("leave_out", config.placement().leaveOut().json());
        json.addProperty("ln_after", shape.norms().after());
        json.addProperty("ln_before", shape.norms().before());
        json.addProperty("mh_adapter", config.placement().attention());
        json.addProperty("non_linearity", shape.nonLinearity().fileName());
        json.addProperty("original_ln_after", config.wiring().normAfter());
        json.addProperty("original_ln_before", config.wiring().normBefore());
        json.addProperty("output_adapter", config.placement().feedForward());
        json.add("residual_before_ln", residual(config.wiring().residual()));
        json.add(
                "scaling",
                switch (output.scaling().kind()) {
                    case FIXED -> new JsonPrimitive(output.scaling().factor());
                    case LEARNED -> new JsonPrimitive("learned");
                    case CHANNEL -> new JsonPrimitive("channel");
                });
        json.addProperty("stochastic_depth", output.stochasticDepth());
        json.addProperty("use_gating", output.gating());
        addReduction(json, shape.reduction());
        addPhm(json, shape.phm());
        return json;
    }

    private static void addReduction(JsonObject json, ReductionFactor reduction) {
        if (reduction.size() > 0) {
            json.addProperty(SIZE, reduction.size());
        } else if (reduction.byLayer().isEmpty()) {
            json.add("reduction_factor", number(reduction.factor()));
        } else {
            JsonObject map = new JsonObject();
            reduction.byLayer().forEach((layer, factor) -> map.add(layer.toString(), number(factor)));
            if (reduction.factor() > 0) {
                map.add(DEFAULT, number(reduction.factor()));
            }
            json.add("reduction_factor", map);
        }
    }

    private static void addPhm(JsonObject json, Phm phm) {
        json.addProperty("phm_layer", phm.enabled());
        json.addProperty("phm_dim", phm.dim());
        json.addProperty("phm_rank", phm.rank());
        json.addProperty("phm_bias", phm.bias());
        json.addProperty("phm_c_init", phm.init().rules());
        json.addProperty("phm_init_range", phm.init().range());
        json.addProperty("hypercomplex_nonlinearity", phm.init().weights());
        json.addProperty("learn_phm", phm.rules().learned());
        json.addProperty("factorized_phm_rule", phm.rules().factorized());
        json.addProperty("shared_phm_rule", phm.rules().shared());
        json.addProperty("factorized_phm_W", phm.weights().factorized());
        json.addProperty("shared_W_phm", phm.weights().shared());
    }

    private static ReductionFactor reduction(ConfigFields fields) {
        int size = fields.number(SIZE, 0, 1);
        JsonElement value = fields.get("reduction_factor");
        if (size > 0) {
            fields.require(
                    value == null,
                    "bottleneck_size and reduction_factor are alternatives: leave out one of %d and %s",
                    size,
                    String.valueOf(value));
            return ReductionFactor.toSize(size);
        }
        if (value == null || !value.isJsonObject()) {
            fields.require(value != null, "reduction_factor is missing");
            double factor = value == null ? 1 : fields.real("reduction_factor", 1);
            fields.require(factor > 0, "reduction_factor must be positive: %s", factor);
            return ReductionFactor.of(factor > 0 ? factor : 1);
        }
        Map<Integer, Double> byLayer = new TreeMap<>();
        double others = 0;
        for (Map.Entry<String, Double> entry : fields.map("reduction_factor").entrySet()) {
            fields.require(
                    entry.getValue() > 0,
                    "reduction_factor of %s must be positive: %s",
                    entry.getKey(),
                    entry.getValue());
            if (entry.getKey().equals(DEFAULT)) {
                others = entry.getValue();
            } else if (entry.getKey().matches("\\d{1,9}")) {
                byLayer.put(Integer.parseInt(entry.getKey()), entry.getValue());
            } else {
                fields.require(false, "reduction_factor has a key that is no layer: %s", entry.getKey());
            }
        }
        boolean usable =
                (others > 0 || !byLayer.isEmpty()) && byLayer.values().stream().allMatch(f -> f > 0) && others >= 0;
        return usable ? ReductionFactor.byLayer(byLayer, others) : ReductionFactor.of(1);
    }

    private static Phm phm(ConfigFields fields) {
        Phm off = Phm.OFF;
        return new Phm(
                fields.flag("phm_layer", false),
                fields.number("phm_dim", off.dim(), 1),
                fields.number("phm_rank", off.rank(), 1),
                new Phm.Weights(fields.flag("factorized_phm_W", true), fields.flag("shared_W_phm", false)),
                new Phm.Rules(
                        fields.flag("factorized_phm_rule", false),
                        fields.flag("shared_phm_rule", true),
                        fields.flag("learn_phm", true)),
                fields.flag("phm_bias", true),
                new Phm.Init(
                        fields.text("phm_c_init", off.init().rules()),
                        fields.real("phm_init_range", off.init().range()),
                        fields.text("hypercomplex_nonlinearity", off.init().weights())));
    }

    private static Scaling scaling(ConfigFields fields) {
        JsonElement value = fields.get("scaling");
        if (value instanceof JsonPrimitive text && text.isString()) {
            boolean known =
                    text.getAsString().equals("learned") || text.getAsString().equals("channel");
            fields.require(known, "scaling must be a number, learned or channel: %s", text);
            return text.getAsString().equals("channel") ? Scaling.CHANNEL : Scaling.LEARNED;
        }
        return Scaling.fixed(fields.real("scaling", 1));
    }

    private static double invertible(ConfigFields fields) {
        String kind = fields.text("inv_adapter", "");
        double factor = fields.real("inv_adapter_reduction_factor", 2);
        fields.require(
                kind.isEmpty() || kind.equals("nice"),
                "inv_adapter must be nice, since AdapterHub cannot compute others either: %s",
                kind);
        return kind.isEmpty() ? 0 : factor;
    }

    private static Residual residual(ConfigFields fields) {
        @Nullable JsonElement value = fields.get("residual_before_ln");
        if (value instanceof JsonPrimitive text && text.isString()) {
            fields.require(
                    text.getAsString().equals("post_add"),
                    "residual_before_ln must be true, false or post_add: %s",
                    text);
            return Residual.POST_ADD;
        }
        return fields.flag("residual_before_ln", true) ? Residual.BEFORE_NORM : Residual.AFTER_NORM;
    }

    private static JsonPrimitive residual(Residual residual) {
        return switch (residual) {
            case BEFORE_NORM -> new JsonPrimitive(true);
            case AFTER_NORM -> new JsonPrimitive(false);
            case POST_ADD -> new JsonPrimitive("post_add");
        };
    }

    /** Returns a whole number without a fraction, as AdapterHub's presets have it. */
    static JsonPrimitive number(double value) {
        return value == Math.rint(value) ? new JsonPrimitive((long) value) : new JsonPrimitive(value);
    }
}
