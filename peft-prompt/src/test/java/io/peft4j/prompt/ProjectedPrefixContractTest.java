package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class ProjectedPrefixContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return PrefixTuningConfig.projected(5);
    }

    /** P·D and two linears D → D → 2·L·D. */
    @Override
    protected long parameters() {
        return 5 * 24 + (24 * 24 + 24) + (24 * 2 * 2 * 24 + 2 * 2 * 24);
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
