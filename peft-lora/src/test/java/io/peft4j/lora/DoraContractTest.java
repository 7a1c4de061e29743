package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class DoraContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return new DoraConfig(LoraConfig.builder("query", "value", "intermediate.dense")
                .rank(4)
                .build());
    }

    /** Two layers, three linears each: LoRA's, and the length of each row. */
    @Override
    protected long parameters() {
        return 2 * (2 * (4 * (24 + 24) + 24) + 4 * (24 + 40) + 40);
    }

    @Override
    protected boolean differentiatesEverything() {
        return false;
    }
}
