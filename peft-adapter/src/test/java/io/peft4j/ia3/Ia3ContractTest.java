package io.peft4j.ia3;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import io.peft4j.testkit.PeftMethodContract;
import java.util.List;

/** (IA)³ in PEFT's form keeps what methods promise. */
class Ia3ContractTest extends PeftMethodContract {
    @Override
    protected PeftConfig config() {
        return new Ia3Config(
                TargetModules.of(List.of("key", "value", "intermediate.dense")), List.of("intermediate.dense"));
    }

    /** Per layer keys, values, and the input of the feed-forward part. */
    @Override
    protected long parameters() {
        return 2 * 3 * 24;
    }
}
