package io.peft4j.bitfit;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;

/** BitFit keeps what methods promise. */
class BitFitContractTest extends PeftMethodContract {
    @Override
    protected PeftConfig config() {
        return new BitFit();
    }

    /** The norm of the embeddings, per layer six linears and two norms, the pooler. */
    @Override
    protected long parameters() {
        return 24 + 2 * (5 * 24 + 40 + 2 * 24) + 24;
    }
}
