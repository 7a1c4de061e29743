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
                config.init().initializer(PromptFields.words(base)),
                config.reparameterization());
    }

    @Override
    public Adaptation reattach(PromptTuningConfig config, BaseModel base) {
        return attach(config.init(stored(config.init())), base);
    }

    @Override
    public PromptTuningConfig folded(PromptTuningConfig config) {
        PromptTuningConfig stored = config.init(stored(config.init()));
        return config.reparameterization() instanceof Reparameterization.Residual residual
                ? stored.reparameterization(new Reparameterization.Folded(residual))
                : stored;
    }

    private static PromptInit.Stored stored(PromptInit init) {
        return init instanceof PromptInit.Stored stored ? stored : new PromptInit.Stored(init);
    }

    @Override
    public PromptTuningConfig tokenised(PromptTuningConfig config, Function<String, List<Integer>> tokens) {
        return config.init(config.init().tokenised(tokens));
    }

    @Override
    public PromptTuningConfig read(ConfigFields fields) {
        int virtualTokens = PromptFields.read(fields);
        PromptInit init = InitFields.read(fields);
        Placement placement = PlacementField.read(fields);
        Reparameterization reparameterization = ReparameterizationField.read(fields);
        List<String> modules = fields.modulesToSave();
        fields.check(new JsonObject());
        return new PromptTuningConfig(virtualTokens, init, placement, reparameterization, modules);
    }

    @Override
    public JsonObject write(PromptTuningConfig config) {
        JsonObject json = PromptFields.write(config.virtualTokens());
        InitFields.write(config.init(), json);
        PlacementField.write(config.placement(), json);
        ReparameterizationField.write(config.reparameterization(), json);
        return json;
    }

    @Override
    JsonObject base(BaseModel base) {
        return PromptFields.ofWords(base);
    }
}
