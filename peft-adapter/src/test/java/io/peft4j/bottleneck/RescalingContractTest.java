package io.peft4j.bottleneck;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import io.peft4j.testkit.PeftMethodContract;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Methods of few parameters keep what methods promise: (IA)³ in both layouts, BitFit, AdapterHub's LoRA. */
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
}
