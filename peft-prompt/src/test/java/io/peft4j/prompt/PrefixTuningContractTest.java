package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class PrefixTuningContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return PrefixTuningConfig.of(5);
    }

    /** P·2·L·D. */
    @Override
    protected long parameters() {
        return 5 * 2 * 2 * 24;
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
