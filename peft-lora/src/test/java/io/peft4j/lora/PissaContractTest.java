package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class PissaContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return LoraConfig.builder("query", "value").rank(4).init(LoraInit.PISSA).build();
    }

    /** Two layers, two linears each: r·(in + out). */
    @Override
    protected long parameters() {
        return 2 * 2 * 4 * (24 + 24);
    }
}
