package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;
import java.util.stream.IntStream;

class TrainedTokensContractTest extends PeftMethodContract {

    /** All tokens that the texts of the contract are drawn from. */
    @Override
    protected PeftConfig config() {
        return LoraConfig.builder("query", "value")
                .rank(4)
                .tokens(TrainedTokens.of(IntStream.range(1, 50).toArray()))
                .build();
    }

    /** Two layers, two linears each: r·(in + out); 49 rows. */
    @Override
    protected long parameters() {
        return 2 * 2 * 4 * (24 + 24) + 49 * 24;
    }
}
