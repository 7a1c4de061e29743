package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class LohaContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return LohaConfig.builder("query", "value").rank(2).build();
    }

    /** Two layers, two linears each: 2r·(in + out). */
    @Override
    protected long parameters() {
        return 2 * 2 * 2 * 2 * (24 + 24);
    }
}
