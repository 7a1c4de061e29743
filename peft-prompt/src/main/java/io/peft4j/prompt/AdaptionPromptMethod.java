package io.peft4j.prompt;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.AttachmentPoint.Kind;
import io.peft4j.model.BaseModel;
import java.util.List;

/** LLaMA-Adapter as a service. */
public final class AdaptionPromptMethod implements PeftMethod<AdaptionPromptConfig> {

    static final String TYPE = "ADAPTION_PROMPT";

    private static final String TARGET = "target_modules";
    private static final String LENGTH = "adapter_len";
    private static final String LAYERS = "adapter_layers";

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<AdaptionPromptConfig> configType() {
        return AdaptionPromptConfig.class;
    }

    @Override
    public Adaptation attach(AdaptionPromptConfig config, BaseModel base) {
        List<String> all = base.attachmentPoints().stream()
                .filter(point -> point.kind() == Kind.ATTENTION)
                .map(AttachmentPoint::path)
                .toList();
        if (all.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s offers no place for gated prompts, as encoders and decoders do; use prefix tuning"
                            .formatted(base.name()));
        }
        List<String> named = all.stream()
                .filter(path -> config.target().isEmpty() || path.endsWith("." + config.target()))
                .toList();
        if (named.isEmpty()) {
            throw new IllegalArgumentException(
                    "no attention of %s is called %s; they are %s".formatted(base.name(), config.target(), all));
        }
        if (config.layers() > named.size()) {
            throw new IllegalArgumentException("%s %d is more than the %d layers of %s"
                    .formatted(LAYERS, config.layers(), named.size(), base.name()));
        }
        return new AdaptionPrompt(config.length(), named.subList(named.size() - config.layers(), named.size()));
    }

    @Override
    public AdaptionPromptConfig read(ConfigFields fields) {
        fields.require(fields.get(LENGTH) != null, "%s is missing", LENGTH);
        fields.require(fields.get(LAYERS) != null, "%s is missing", LAYERS);
        AdaptionPromptConfig config = new AdaptionPromptConfig(
                fields.number(LENGTH, 1, 1),
                fields.number(LAYERS, 1, 1),
                fields.text(TARGET, ""),
                fields.modulesToSave());
        fields.check(new JsonObject());
        return config;
    }

    @Override
    public JsonObject write(AdaptionPromptConfig config) {
        JsonObject json = new JsonObject();
        json.addProperty(LENGTH, config.length());
        json.addProperty(LAYERS, config.layers());
        json.add(TARGET, config.target().isEmpty() ? JsonNull.INSTANCE : new JsonPrimitive(config.target()));
        return json;
    }
}
