package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class PromptTuningContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return PromptTuningConfig.builder(5).build();
    }

    /** P·D. */
    @Override
    protected long parameters() {
        return 5 * 24;
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
