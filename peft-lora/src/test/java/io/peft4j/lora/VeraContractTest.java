package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class VeraContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return VeraConfig.builder("query", "intermediate.dense").rank(8).build();
    }

    /** Two layers, two linears each: r + out. */
    @Override
    protected long parameters() {
        return 2 * ((8 + 24) + (8 + 40));
    }
}
