package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.Collection;
import java.util.Map;

/** Vector-based random matrix adaptation as a service. */
public final class VeraMethod implements PeftMethod<VeraConfig> {

    static final String TYPE = "VERA";

    private static final String DEFAULTS =
            """
            {"fan_in_fan_out": false, "init_weights": true, "layers_pattern": null}
            """;

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<VeraConfig> configType() {
        return VeraConfig.class;
    }

    @Override
    public Adaptation attach(VeraConfig config, BaseModel base) {
        Map<String, AttachmentPoint> points =
                LowRankTargets.linears(config.targetModules(), base, LoraPatterns.NONE, LowRankTargets.ANY);
        VeraConfig.Projection how = config.projection();
        VeraProjection projection = new VeraProjection(
                config.rank(), largest(points.values(), true), largest(points.values(), false), how.key(), how.saved());
        LinearUpdate update = new VeraLinear(projection, config.dropout(), config.initial());
        return LowRankUpdates.of(LowRankTargets.each(points, point -> update), config.bias());
    }

    @Override
    public boolean repeatsBiases(VeraConfig config) {
        return config.bias() == LoraBias.ALL;
    }

    @Override
    public boolean isFrozen(String tensor) {
        return tensor.contains(VeraProjection.A) || tensor.contains(VeraProjection.B);
    }

    @Override
    public VeraConfig read(ConfigFields fields) {
        VeraConfig.Builder builder = VeraConfig.builder(fields.targets())
                .rank(fields.number("r", VeraConfig.DEFAULT_RANK, 1))
                .dropout(fields.real("vera_dropout", 0))
                .initial(fields.real("d_initial", 0.1))
                .projection(new VeraConfig.Projection(
                        fields.number("projection_prng_key", 0, 0), fields.flag("save_projection", true)))
                .bias(LoraFile.bias(fields))
                .modulesToSave(fields.modulesToSave().toArray(String[]::new));
        fields.require(fields.flag("init_weights", true), "init_weights=false is not supported");
        // Models here never store weights transposed.
        fields.flag("fan_in_fan_out", false);
        fields.check(new ConfigWriter(DEFAULTS).json());
        return builder.build();
    }

    @Override
    public JsonObject write(VeraConfig config) {
        JsonObject json = new ConfigWriter(DEFAULTS)
                .targets(config.targetModules())
                .number("r", config.rank())
                .real("vera_dropout", config.dropout())
                .real("d_initial", config.initial())
                .number("projection_prng_key", config.projection().key())
                .flag("save_projection", config.projection().saved())
                .value("bias", config.bias().field())
                .json();
        // The one method of PEFT that has no such field.
        if (json.get("exclude_modules").isJsonNull()) {
            json.remove("exclude_modules");
        }
        return json;
    }

    /** The shared factors are the model's own, beside its modules. */
    @Override
    public String tensorName(String parameter) {
        boolean shared = parameter.equals(VeraProjection.A) || parameter.equals(VeraProjection.B);
        return (shared ? "base_model." : "base_model.model.") + parameter;
    }

    private static long largest(Collection<AttachmentPoint> points, boolean in) {
        return points.stream()
                .mapToLong(point -> in ? point.in() : point.out())
                .max()
                .orElseThrow();
    }
}
