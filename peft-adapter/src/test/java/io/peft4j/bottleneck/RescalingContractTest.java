package io.peft4j.bottleneck;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapterhub.HubLoraConfig;
import io.peft4j.adapterhub.HubPromptConfig;
import io.peft4j.bitfit.BitFit;
import io.peft4j.ia3.Ia3Config;
import io.peft4j.model.TargetModules;
import io.peft4j.testkit.PeftMethodContract;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** What rescales, shifts or comes before the text keeps what methods promise, in AdapterHub's form where it has one. */
class RescalingContractTest {

    @Nested
    class Ia3InPeft extends PeftMethodContract {
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

    @Nested
    class Ia3InAdapterHub extends PeftMethodContract {
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
    class Biases extends PeftMethodContract {
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

    @Nested
    class PromptWithBottlenecks extends PeftMethodContract {
        @Override
        protected PeftConfig config() {
            return io.peft4j.adapter.Mixture.of(
                    HubPromptConfig.of(4),
                    BottleneckConfig.pfeiffer().toBuilder().reductionFactor(5).build());
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
