package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class AdaLoraContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return AdaLoraConfig.builder(new AdaLoraConfig.Schedule(50, 10, 1, 1000), "query", "value")
                .rank(4)
                .targetRank(2)
                .build();
    }

    /** Two layers, two linears each: r·(in + 1 + out). */
    @Override
    protected long parameters() {
        return 2 * 2 * 4 * (24 + 1 + 24);
    }
}
