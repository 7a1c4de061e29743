package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import java.util.List;

/**
 * LoRA with A frozen at its random start: half of the parameters, and no input of a layer is kept for backward; Zhang et al.
 * 2023, <a href="https://arxiv.org/abs/2308.03303">arXiv:2308.03303</a>.
 *
 * <p>What is frozen is a matter of training: files are those of LoRA, and are read as LoRA.
 *
 * @param lora the settings of the factors
 */
public record LoraFaConfig(LoraConfig lora) implements PeftConfig {

    public LoraFaConfig {
        Settings.check(!lora.init().isResidual(), "%s would freeze a part of the weight", lora.init());
    }

    @Override
    public String peftType() {
        return LoraMethod.TYPE;
    }

    @Override
    public List<String> modulesToSave() {
        return lora.modulesToSave();
    }
}
