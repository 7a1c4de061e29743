package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class BiasedLoraContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return new BiasedLoraConfig(LoraConfig.builder("query", "value").rank(4).build());
    }

    /** Two layers, two linears each: r·(in + out) + out. */
    @Override
    protected long parameters() {
        return 2 * 2 * (4 * (24 + 24) + 24);
    }
}
