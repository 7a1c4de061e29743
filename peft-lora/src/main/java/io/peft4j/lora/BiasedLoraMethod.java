package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;

/** LoRA with a bias of B as a service; in files it is LoRA with {@code lora_bias}. */
public final class BiasedLoraMethod extends LowRankMethod<BiasedLoraConfig> {

    @Override
    public String peftType() {
        return LoraMethod.TYPE;
    }

    @Override
    public Class<BiasedLoraConfig> configType() {
        return BiasedLoraConfig.class;
    }

    @Override
    Adaptation attach(BiasedLoraConfig config, BaseModel base, ExcessRank excess) {
        return LoraPlaces.attach(config.lora(), base, BiasedLoraLinear::new, BiasedLoraMethod::refuse, excess);
    }

    private static TableUpdate refuse(LoraTable table) {
        throw new IllegalArgumentException("a bias of B is for linear layers, not for embeddings");
    }

    @Override
    public boolean reads(ConfigFields fields) {
        return fields.flag("lora_bias", false);
    }

    @Override
    public boolean repeatsBiases(BiasedLoraConfig config) {
        return config.lora().also().bias() == LoraBias.ALL;
    }

    @Override
    public BiasedLoraConfig read(ConfigFields fields) {
        fields.flag("lora_bias", true);
        return new BiasedLoraConfig(LoraFile.read(fields));
    }

    @Override
    public JsonObject write(BiasedLoraConfig config) {
        return LoraFile.write(config.lora()).flag("lora_bias", true).json();
    }
}
