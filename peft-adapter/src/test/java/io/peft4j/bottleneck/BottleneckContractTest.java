package io.peft4j.bottleneck;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.testkit.PeftMethodContract;
import org.junit.jupiter.api.Nested;

/** Every preset keeps what methods promise; the model has two layers of width 24. */
class BottleneckContractTest {

    /** 2·D·d + d + D. */
    private static long bottleneck(long size) {
        return 2 * 24 * size + size + 24;
    }

    private abstract static class Contract extends PeftMethodContract {
        private final BottleneckConfig config;
        private final long parameters;

        Contract(BottleneckConfig config, long parameters) {
            this.config = config;
            this.parameters = parameters;
        }

        @Override
        protected PeftConfig config() {
            return config;
        }

        @Override
        protected long parameters() {
            return parameters;
        }

        @Override
        protected boolean startsAsIdentity() {
            return config.init() == BottleneckInit.MAM_ADAPTER;
        }

        @Override
        protected boolean isMergeable() {
            return false;
        }
    }

    @Nested
    class Pfeiffer extends Contract {
        Pfeiffer() {
            super(BottleneckConfig.pfeiffer().toBuilder().reductionFactor(6).build(), 2 * bottleneck(4));
        }
    }

    @Nested
    class Houlsby extends Contract {
        Houlsby() {
            super(BottleneckConfig.houlsby().toBuilder().reductionFactor(4).build(), 4 * bottleneck(6));
        }
    }

    @Nested
    class ScaledParallel extends Contract {
        ScaledParallel() {
            super(BottleneckConfig.scaledParallel(), 2 * (bottleneck(12) + 1));
        }
    }

    @Nested
    class Compacter extends Contract {
        Compacter() {
            super(
                    BottleneckConfig.compacter().toBuilder()
                            .reductionFactor(4)
                            .phm(Phm.OFF.on().with(2, 1))
                            .build(),
                    // Each of 4: down L, M, b and up L, M, b; the rules once.
                    4 * (2 * (12 + 3) + 6 + 2 * (3 + 12) + 24) + 8);
        }
    }

    /** Everything else that has parameters: norms, gate, factors per feature, an invertible function. */
    @Nested
    class Everything extends Contract {
        Everything() {
            super(
                    BottleneckConfig.parallel(5).toBuilder()
                            .parallel(false)
                            .norms(true, true)
                            .gating(true)
                            .scaling(Scaling.CHANNEL)
                            .invertible(3)
                            .build(),
                    2 * (bottleneck(5) + 24 + 4 * 24 + 25) + 2 * (2 * 12 * 4 + 4 + 12));
        }

        @Override
        protected boolean startsAsIdentity() {
            return false;
        }
    }
}
