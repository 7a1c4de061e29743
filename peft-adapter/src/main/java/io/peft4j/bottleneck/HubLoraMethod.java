package io.peft4j.bottleneck;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.bottleneck.HubLoraConfig.Init;
import io.peft4j.bottleneck.HubLoraConfig.Mode;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** AdapterHub's LoRA and (IA)³ as a service. */
public final class HubLoraMethod implements PeftMethod<HubLoraConfig> {

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
        int layers = base.architecture().layers();
        List<Integer> beyond = config.places().leaveOut().stream()
                .filter(layer -> layer < 0 || layer >= layers)
                .toList();
        if (!beyond.isEmpty()) {
            throw new IllegalArgumentException(
                    "leave_out names layers %s, and the model has layers 0 to %d".formatted(beyond, layers - 1));
        }
        Map<String, HubLoraLinear> linears = new LinkedHashMap<>();
        for (AttachmentPoint point : base.attachmentPoints()) {
            List<Boolean> adapted = point.kind() == AttachmentPoint.Kind.LINEAR && !point.head()
                    ? HubRoles.adapted(config.places(), point.path())
                    : List.of();
            if (adapted.contains(true)) {
                linears.put(point.path(), new HubLoraLinear(config, adapted));
            }
        }
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
        List<Integer> leaveOut = fields.numbers("leave_out");
        List<String> matrices = fields.texts("attn_matrices");
        HubLoraConfig.Places places = new HubLoraConfig.Places(
                fields.flag("selfattn_lora", true),
                fields.flag("intermediate_lora", false),
                fields.flag("output_lora", false),
                matrices.isEmpty() ? List.of("q", "v") : matrices,
                leaveOut);
        Mode mode = choice(fields, "composition_mode", Mode.ADD);
        HubLoraConfig config = new HubLoraConfig(
                places,
                fields.number("r", 8, 1),
                fields.real("alpha", 8),
                fields.real("dropout", 0),
                mode,
                fields.flag("use_gating", false),
                choice(fields, "init_weights", Init.LORA));
        fields.get("init_weights_seed");
        fields.check(new JsonObject());
        return config;
    }

    private static <E extends Enum<E>> E choice(ConfigFields fields, String key, E otherwise) {
        String name = fields.text(key, otherwise.name().toLowerCase(Locale.ROOT));
        E[] values = otherwise.getDeclaringClass().getEnumConstants();
        return Arrays.stream(values)
                .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseGet(() -> {
                    fields.require(false, "%s is not supported: %s; there are %s", key, name, Arrays.toString(values));
                    return otherwise;
                });
    }

    @Override
    public JsonObject write(HubLoraConfig config) {
        HubLoraConfig.Places places = config.places();
        JsonObject json = new JsonObject();
        json.add("alpha", BottleneckFile.number(config.alpha()));
        json.add("attn_matrices", array(places.matrices()));
        json.addProperty("composition_mode", config.mode().name().toLowerCase(Locale.ROOT));
        json.addProperty("dropout", config.dropout());
        json.add("dtype", JsonNull.INSTANCE);
        json.addProperty("init_weights", config.init().name().toLowerCase(Locale.ROOT));
        json.add("init_weights_seed", JsonNull.INSTANCE);
        json.addProperty("intermediate_lora", places.intermediate());
        JsonArray leaveOut = new JsonArray();
        places.leaveOut().forEach(leaveOut::add);
        json.add("leave_out", leaveOut);
        json.addProperty("output_lora", places.output());
        json.addProperty("r", config.rank());
        json.addProperty("selfattn_lora", places.selfAttention());
        json.addProperty("use_dora", false);
        json.addProperty("use_gating", config.gating());
        json.add("vera_b", JsonNull.INSTANCE);
        json.add("vera_d", JsonNull.INSTANCE);
        return json;
    }

    private static JsonArray array(List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }
}
