package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class AdaptionPromptContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return AdaptionPromptConfig.of(5, 2);
    }

    /** Rows P·D and a gate in each of two layers. */
    @Override
    protected long parameters() {
        return 2 * (5 * 24 + 1);
    }

    @Override
    protected boolean isMergeable() {
        return false;
    }
}
