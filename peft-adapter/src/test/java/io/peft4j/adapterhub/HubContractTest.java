package io.peft4j.adapterhub;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.bottleneck.BottleneckConfig;
import io.peft4j.testkit.PeftMethodContract;
import org.junit.jupiter.api.Nested;

/** AdapterHub's own forms of methods keep what methods promise. */
class HubContractTest {

    @Nested
    class Rescaling extends PeftMethodContract {
        @Override
        protected PeftConfig config() {
            return HubLoraConfig.ia3();
        }

        /** Per layer keys, values, and the inner features of the feed-forward part. */
        @Override
        protected long parameters() {
            return 2 * (24 + 24 + 40);
        }
    }

    @Nested
    class GatedLora extends PeftMethodContract {
        @Override
        protected PeftConfig config() {
            return HubLoraConfig.lora(4, 8).gated();
        }

        /** Per layer and linear: A, B and a gate. */
        @Override
        protected long parameters() {
            return 2 * 2 * (4 * 48 + 25);
        }

        @Override
        protected boolean isMergeable() {
            return false;
        }
    }

    @Nested
    class PromptWithBottlenecks extends PeftMethodContract {
        @Override
        protected PeftConfig config() {
            return io.peft4j.adapter.Mixture.of(
                    HubPromptConfig.of(4),
                    BottleneckConfig.pfeiffer().toBuilder().reductionFactor(6).build());
        }

        /** The rows, and a bottleneck per layer. */
        @Override
        protected long parameters() {
            return 4 * 24 + 2 * (2 * 24 * 4 + 4 + 24);
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
}
