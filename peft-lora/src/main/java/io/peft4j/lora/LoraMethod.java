package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;

/** Low-rank adaptation as a service. */
public final class LoraMethod extends LowRankMethod<LoraConfig> {

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
    Adaptation attach(LoraConfig config, BaseModel base, ExcessRank excess) {
        return LoraPlaces.attach(config, base, LoraMethod::update, table -> table, excess);
    }

    private static LinearUpdate update(LoraLinear lora) {
        return lora.init().isResidual() ? new ResidualLoraLinear(lora) : lora;
    }

    @Override
    public boolean reads(ConfigFields fields) {
        return !fields.flag("use_dora", false) && !fields.flag("lora_bias", false);
    }

    /** What was drawn for the start is in no file, so it is written as one more part of an ordinary LoRA. */
    @Override
    public Adapter stored(Adapter adapter, BaseModel base) {
        return adapter.config() instanceof LoraConfig config && config.init().isDrawn()
                ? PlainLora.of(adapter, config, base)
                : adapter;
    }

    @Override
    public void checkBase(ConfigFields fields, BaseModel base) {
        LoraInit init = LoraInit.read(fields);
        Settings.check(
                !init.isDrawn(),
                "%s drew the part of the weight that it took out, and no file has it; convert the adapter where it was"
                        + " trained (path_initial_model_for_weight_conversion)",
                init.field());
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
