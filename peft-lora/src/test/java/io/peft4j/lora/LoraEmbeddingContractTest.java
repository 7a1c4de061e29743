package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class LoraEmbeddingContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return LoraConfig.builder("word_embeddings", "query").rank(4).alpha(8).build();
    }

    /** One table: r·(V + D); two linears: r·(in + out). */
    @Override
    protected long parameters() {
        return 4 * (50 + 24) + 2 * 4 * (24 + 24);
    }
}
