package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

class ResidualPromptContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return PromptTuningConfig.builder(5)
                .init(new PromptInit.NormMatched())
                .reparameterization(new Reparameterization.Residual(10))
                .build();
    }

    /** P·D, two linears D → h → D, and the norm's two vectors. */
    @Override
    protected long parameters() {
        return 5 * 24 + (24 * 10 + 10) + (10 * 24 + 24) + 2 * 24;
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
