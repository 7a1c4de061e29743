package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;

/** LoRA with A frozen as a service; its own type exists where settings are given, files have LoRA's. */
public final class LoraFaMethod extends LowRankMethod<LoraFaConfig> {

    static final String TYPE = "LORA_FA";

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<LoraFaConfig> configType() {
        return LoraFaConfig.class;
    }

    @Override
    Adaptation attach(LoraFaConfig config, BaseModel base, ExcessRank excess) {
        return LoraPlaces.attach(config.lora(), base, LoraFaLinear::new, LoraFaMethod::refuse, excess);
    }

    private static TableUpdate refuse(LoraTable table) {
        throw new IllegalArgumentException("LoRA-FA adapts linear layers, no embeddings");
    }

    @Override
    public boolean repeatsBiases(LoraFaConfig config) {
        return config.lora().also().bias() == LoraBias.ALL;
    }

    @Override
    public LoraFaConfig read(ConfigFields fields) {
        return new LoraFaConfig(LoraFile.read(fields));
    }

    @Override
    public JsonObject write(LoraFaConfig config) {
        return LoraFile.write(config.lora()).json();
    }
}
