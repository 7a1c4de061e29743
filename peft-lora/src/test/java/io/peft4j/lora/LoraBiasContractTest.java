package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class LoraBiasContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return LoraConfig.builder("query").rank(2).bias(LoraBias.ALL).build();
    }

    /** Two linears, and the biases of the embeddings, of all layers and of the pooler. */
    @Override
    protected long parameters() {
        return 2 * 2 * (24 + 24) + 24 + 2 * (3 * 24 + 24 + 24 + 40 + 24 + 24) + 24;
    }
}
