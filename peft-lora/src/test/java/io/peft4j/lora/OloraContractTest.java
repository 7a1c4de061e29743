package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class OloraContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return LoraConfig.builder("query", "intermediate.dense")
                .rank(4)
                .init(LoraInit.OLORA)
                .build();
    }

    /** Two layers, two linears each: r·(in + out). */
    @Override
    protected long parameters() {
        return 2 * 4 * ((24 + 24) + (24 + 40));
    }
}
