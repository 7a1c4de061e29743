package io.peft4j.adapterhub;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.adapterhub.HubLoraConfig.Init;
import io.peft4j.adapterhub.HubLoraConfig.Mode;
import io.peft4j.bottleneck.LeaveOut;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** AdapterHub's LoRA and (IA)³ as a service. */
public final class HubLoraMethod implements PeftMethod<HubLoraConfig> {

    /** Fields that mean nothing here, at their defaults. */
    private static final String OTHERS =
            "{dtype: null, init_weights_seed: null, use_dora: false, vera_b: null, vera_d: null}";

    @Override
    public String peftType() {
        return HubLoraConfig.TYPE;
    }

    @Override
    public Class<HubLoraConfig> configType() {
        return HubLoraConfig.class;
    }

    @Override
    public Adaptation attach(HubLoraConfig config, BaseModel base) {
        config.places().leaveOut().check(base);
        Map<String, HubLoraLinear> linears = new LinkedHashMap<>();
        HubTargets.adapted(config.places(), base)
                .forEach((path, adapted) -> linears.put(path, new HubLoraLinear(config, adapted)));
        if (linears.isEmpty()) {
            throw new IllegalArgumentException("no linear of %s has a role that %s names; there are %s"
                    .formatted(
                            base.name(),
                            config.places(),
                            base.attachmentPoints().stream()
                                    .filter(point -> point.kind() == AttachmentPoint.Kind.LINEAR)
                                    .map(AttachmentPoint::path)
                                    .toList()));
        }
        return new HubLora(linears);
    }

    @Override
    public HubLoraConfig read(ConfigFields fields) {
        LeaveOut leaveOut = LeaveOut.read(fields);
        List<String> matrices = fields.texts("attn_matrices");
        HubLoraConfig.Places places = new HubLoraConfig.Places(
                fields.flag("selfattn_lora", true),
                fields.flag("intermediate_lora", false),
                fields.flag("output_lora", false),
                matrices.isEmpty() ? List.of("q", "v") : matrices,
                leaveOut);
        Mode mode = fields.choice("composition_mode", Mode.values(), HubLoraMethod::field, Mode.ADD);
        HubLoraConfig config = new HubLoraConfig(
                places,
                fields.number("r", 8, 1),
                fields.real("alpha", 8),
                fields.real("dropout", 0),
                mode,
                fields.flag("use_gating", false),
                fields.choice("init_weights", Init.values(), HubLoraMethod::field, Init.LORA));
        fields.get("init_weights_seed");
        fields.check(new JsonObject());
        return config;
    }

    @Override
    public JsonObject write(HubLoraConfig config) {
        HubLoraConfig.Places places = config.places();
        JsonArray matrices = new JsonArray();
        places.matrices().forEach(matrices::add);
        return new ConfigWriter(OTHERS)
                .number("alpha", config.alpha())
                .value("attn_matrices", matrices)
                .value("composition_mode", field(config.mode()))
                .real("dropout", config.dropout())
                .value("init_weights", field(config.init()))
                .flag("intermediate_lora", places.intermediate())
                .value("leave_out", places.leaveOut().json())
                .flag("output_lora", places.output())
                .number("r", config.rank())
                .flag("selfattn_lora", places.selfAttention())
                .flag("use_gating", config.gating())
                .json();
    }

    private static JsonPrimitive field(Enum<?> value) {
        return new JsonPrimitive(value.name().toLowerCase(Locale.ROOT));
    }
}
