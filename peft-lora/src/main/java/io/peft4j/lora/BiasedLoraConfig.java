package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import java.util.List;

/**
 * LoRA whose factor B has a bias, as the extraction of an adapter from a fine-tuned model can give it.
 *
 * @param lora the settings of the factors
 */
public record BiasedLoraConfig(LoraConfig lora) implements PeftConfig {

    public BiasedLoraConfig {
        Settings.check(
                lora.init() == LoraInit.KAIMING || lora.init() == LoraInit.RANDOM,
                "a bias of B goes with the starts KAIMING and RANDOM: %s",
                lora.init());
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
