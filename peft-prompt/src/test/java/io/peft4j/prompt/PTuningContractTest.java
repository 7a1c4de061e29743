package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;
import java.util.List;
import java.util.OptionalInt;

class PTuningContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return new PTuningConfig(5, new PromptEncoder.Mlp(OptionalInt.of(10)), List.of());
    }

    /** P·D and three linears D → h → h → D. */
    @Override
    protected long parameters() {
        return 5 * 24 + (24 * 10 + 10) + (10 * 10 + 10) + (10 * 24 + 24);
    }

    @Override
    protected boolean startsAsIdentity() {
        return false;
    }

    @Override
    protected boolean isMergeable() {
        return false;
    }
}
