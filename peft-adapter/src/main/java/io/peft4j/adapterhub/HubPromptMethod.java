package io.peft4j.adapterhub;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.bottleneck.ParameterNames;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.VirtualTokens.Placement;

/** AdapterHub's prompt tuning as a service. */
public final class HubPromptMethod implements PeftMethod<HubPromptConfig> {

    private static final String FIRST = "prefix";
    private static final String AFTER_FIRST = "prefix_after_bos";

    @Override
    public String peftType() {
        return HubPromptConfig.TYPE;
    }

    @Override
    public Class<HubPromptConfig> configType() {
        return HubPromptConfig.class;
    }

    @Override
    public Adaptation attach(HubPromptConfig config, BaseModel base) {
        if (HubPlaces.of(base).embeddings().isEmpty()) {
            throw new IllegalArgumentException(
                    "AdapterHub's prompts join what the first layer gets, and %s lets nothing join there"
                            .formatted(base.name()));
        }
        return new HubPrompt(config, ParameterNames.root(base));
    }

    @Override
    public HubPromptConfig read(ConfigFields fields) {
        int length = fields.number("prompt_length", HubPromptConfig.DEFAULT_LENGTH, 1);
        String combine = fields.text("combine", FIRST);
        fields.require(
                combine.equals(FIRST) || combine.equals(AFTER_FIRST),
                "combine must be %s or %s: %s",
                FIRST,
                AFTER_FIRST,
                combine);
        // These decide how fresh adapters start, not what this one computes.
        fields.get("prompt_init");
        fields.get("prompt_init_text");
        fields.get("init_weights_seed");
        fields.check(new JsonObject());
        return new HubPromptConfig(length, combine.equals(FIRST) ? Placement.FIRST : Placement.AFTER_FIRST);
    }

    @Override
    public JsonObject write(HubPromptConfig config) {
        return new ConfigWriter("{init_weights_seed: null, prompt_init: random_uniform, prompt_init_text: null}")
                .text("combine", config.placement() == Placement.FIRST ? FIRST : AFTER_FIRST)
                .number("prompt_length", config.length())
                .json();
    }
}
