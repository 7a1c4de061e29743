package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class DoraEmbeddingContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return new DoraConfig(LoraConfig.builder("word_embeddings").rank(4).build());
    }

    /** One table: LoRA's, and the length of each column. */
    @Override
    protected long parameters() {
        return 4 * (50 + 24) + 24;
    }

    @Override
    protected boolean differentiatesEverything() {
        return false;
    }
}
