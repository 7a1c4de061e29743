package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import java.util.List;

/**
 * How linear layers are adapted in direction, with two low-rank factors, and in length: Liu et al. 2024, <a
 * href="https://arxiv.org/abs/2402.09353">arXiv:2402.09353</a>.
 *
 * @param lora the settings of the factors
 */
public record DoraConfig(LoraConfig lora) implements PeftConfig {

    public DoraConfig {
        Settings.check(!lora.init().isResidual(), "%s does not go with DoRA: both change the weight", lora.init());
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
