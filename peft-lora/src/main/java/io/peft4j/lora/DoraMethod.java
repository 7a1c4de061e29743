package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;

/** Weight-decomposed low-rank adaptation as a service; in files it is LoRA with {@code use_dora}. */
public final class DoraMethod extends LowRankMethod<DoraConfig> {

    @Override
    public String peftType() {
        return LoraMethod.TYPE;
    }

    @Override
    public Class<DoraConfig> configType() {
        return DoraConfig.class;
    }

    @Override
    Adaptation attach(DoraConfig config, BaseModel base, ExcessRank excess) {
        return LoraPlaces.attach(config.lora(), base, DoraLinear::new, DoraTable::new, excess);
    }

    @Override
    public boolean reads(ConfigFields fields) {
        return fields.flag("use_dora", false);
    }

    /** The length is a parameter of a module in the live model and a tensor of its own in the file. */
    @Override
    public String liveName(String parameter) {
        return tensorName(parameter) + (parameter.endsWith(".lora_magnitude_vector") ? ".weight" : "");
    }

    @Override
    public boolean repeatsBiases(DoraConfig config) {
        return config.lora().also().bias() == LoraBias.ALL;
    }

    @Override
    public DoraConfig read(ConfigFields fields) {
        return new DoraConfig(LoraFile.read(fields));
    }

    @Override
    public JsonObject write(DoraConfig config) {
        return LoraFile.write(config.lora()).flag("use_dora", true).json();
    }
}
