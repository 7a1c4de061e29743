package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class LokrContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return LokrConfig.builder("query", "intermediate.dense")
                .rank(2)
                .split(new LokrConfig.Split(-1, true))
                .build();
    }

    /** Two layers: (4·6)² with the second matrix split, and (5·8)×(4·6) with both split. */
    @Override
    protected long parameters() {
        return 2 * (4 * 4 + 2 * (6 + 6) + 2 * (5 + 4) + 2 * (8 + 6));
    }
}
