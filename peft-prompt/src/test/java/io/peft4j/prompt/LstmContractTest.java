package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;
import java.util.List;
import java.util.OptionalInt;

class LstmContractTest extends PeftMethodContract {

    @Override
    protected PeftConfig config() {
        return new PTuningConfig(5, new LstmEncoder(OptionalInt.of(6), 2, 0), List.of());
    }

    /** P·D, two layers of two directions with four gates and two biases, two linears 2h → 2h → D. */
    @Override
    protected long parameters() {
        return 5 * 24
                + 2 * 4 * (6 * 24 + 6 * 6 + 2 * 6)
                + 2 * 4 * (6 * 12 + 6 * 6 + 2 * 6)
                + (12 * 12 + 12)
                + (12 * 24 + 24);
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
