package io.peft4j.prompt;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.VirtualTokens.Placement;
import java.util.List;
import java.util.function.Function;

/** Prompt tuning as a service. */
public final class PromptTuningMethod extends PromptMethod<PromptTuningConfig> {

    static final String TYPE = "PROMPT_TUNING";

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<PromptTuningConfig> configType() {
        return PromptTuningConfig.class;
    }

    @Override
    public Adaptation attach(PromptTuningConfig config, BaseModel base) {
        return new PromptTuning(
                config.virtualTokens(),
                PromptFields.storedRows(config.virtualTokens(), base),
                config.placement(),
                config.init(),
                PromptFields.words(base));
    }

    @Override
    public PromptTuningConfig folded(PromptTuningConfig config) {
        return config.init() instanceof PromptInit.Stored
                ? config
                : new PromptTuningConfig(
                        config.virtualTokens(),
                        new PromptInit.Stored(config.init()),
                        config.placement(),
                        config.modulesToSave());
    }

    @Override
    public PromptTuningConfig tokenised(PromptTuningConfig config, Function<String, List<Integer>> tokens) {
        return new PromptTuningConfig(
                config.virtualTokens(), config.init().tokenised(tokens), config.placement(), config.modulesToSave());
    }

    @Override
    public PromptTuningConfig read(ConfigFields fields) {
        int virtualTokens = PromptFields.read(fields);
        PromptInit init = InitFields.read(fields);
        Placement placement = PlacementField.read(fields);
        List<String> modules =
                fields.texts("modules_to_save").stream().distinct().toList();
        fields.check(new JsonObject());
        return new PromptTuningConfig(virtualTokens, init, placement, modules);
    }

    @Override
    public JsonObject write(PromptTuningConfig config) {
        JsonObject json = PromptFields.write(config.virtualTokens());
        InitFields.write(config.init(), json);
        PlacementField.write(config.placement(), json);
        return json;
    }

    @Override
    JsonObject base(BaseModel base) {
        return PromptFields.ofWords(base);
    }
}
