package io.peft4j.ia3;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TargetModules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** (IA)³ as a service. */
public final class Ia3Method implements PeftMethod<Ia3Config> {

    @Override
    public String peftType() {
        return Ia3Config.TYPE;
    }

    @Override
    public Class<Ia3Config> configType() {
        return Ia3Config.class;
    }

    @Override
    public Adaptation attach(Ia3Config config, BaseModel base) {
        Map<String, Boolean> inputs = new LinkedHashMap<>();
        List<AttachmentPoint> points = config.targetModules().resolve(base.attachmentPoints());
        List<String> others = points.stream()
                .filter(point -> point.kind() != AttachmentPoint.Kind.LINEAR)
                .map(AttachmentPoint::path)
                .toList();
        if (!others.isEmpty()) {
            throw new IllegalArgumentException("(IA)³ rescales linear layers, and these are none: " + others);
        }
        for (AttachmentPoint point : points) {
            boolean input = config.feedForwardModules().stream().anyMatch(point.path()::endsWith);
            inputs.put(point.path(), input);
        }
        return new Ia3(inputs);
    }

    @Override
    public Ia3Config read(ConfigFields fields) {
        JsonElement value = fields.get("target_modules");
        boolean expression = value != null && value.isJsonPrimitive();
        List<String> names = fields.texts("target_modules");
        fields.require(!names.isEmpty(), "target_modules is missing");
        TargetModules targets = names.isEmpty() || names.get(0).equalsIgnoreCase(TargetModules.ALL_LINEAR)
                ? TargetModules.allLinear()
                : expression ? TargetModules.matching(names.get(0)) : TargetModules.of(names);
        List<String> feedForward = fields.texts("feedforward_modules");
        List<String> modules =
                fields.texts("modules_to_save").stream().distinct().toList();
        // Says where weights are stored transposed, and how fresh vectors start.
        fields.flag("fan_in_fan_out", false);
        fields.flag("init_ia3_weights", true);
        TargetModules left = fields.excluding(targets);
        fields.check(new JsonObject());
        return new Ia3Config(left, feedForward, modules);
    }

    @Override
    public JsonObject write(Ia3Config config) {
        TargetModules targets = config.targetModules();
        JsonObject json = new JsonObject();
        json.add(
                "exclude_modules",
                targets.excludeRegex().isEmpty()
                        ? texts(targets.exclude())
                        : new JsonPrimitive(targets.excludeRegex()));
        json.addProperty("fan_in_fan_out", false);
        json.add("feedforward_modules", list(config.feedForwardModules()));
        json.addProperty("init_ia3_weights", true);
        json.add(
                "target_modules",
                targets.isAllLinear()
                        ? new JsonPrimitive(TargetModules.ALL_LINEAR)
                        : targets.regex().isEmpty() ? list(targets.suffixes()) : new JsonPrimitive(targets.regex()));
        return json;
    }

    private static JsonElement texts(List<String> values) {
        return values.isEmpty() ? JsonNull.INSTANCE : list(values);
    }

    private static JsonArray list(List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }
}
