package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class LoraFaContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return new LoraFaConfig(LoraConfig.builder("query", "value").rank(4).build());
    }

    /** Files hold LoRA's settings: what was frozen says nothing about how the adapter computes. */
    @Override
    protected PeftConfig configInFiles() {
        return ((LoraFaConfig) config()).lora();
    }

    /** Two layers, two linears each: r·out. */
    @Override
    protected long parameters() {
        return 2 * 2 * 4 * 24;
    }
}
