package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;

/** Low-rank adaptation as a service. */
public final class LoraMethod implements PeftMethod<LoraConfig> {

    static final String TYPE = "LORA";

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<LoraConfig> configType() {
        return LoraConfig.class;
    }

    @Override
    public Adaptation attach(LoraConfig config, BaseModel base) {
        return LoraPlaces.attach(config, base, LoraMethod::update, table -> table);
    }

    private static LinearUpdate update(LoraLinear lora) {
        return lora.init().isResidual() ? new ResidualLoraLinear(lora) : lora;
    }

    @Override
    public boolean reads(ConfigFields fields) {
        return !fields.flag("use_dora", false) && !fields.flag("lora_bias", false);
    }

    @Override
    public boolean repeatsBiases(LoraConfig config) {
        return config.also().bias() == LoraBias.ALL;
    }

    @Override
    public LoraConfig read(ConfigFields fields) {
        return LoraFile.read(fields);
    }

    @Override
    public JsonObject write(LoraConfig config) {
        return LoraFile.write(config).json();
    }
}
