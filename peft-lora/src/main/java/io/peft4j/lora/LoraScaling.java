package io.peft4j.lora;

/** The factor s of the update. */
public enum LoraScaling {
    /** alpha/r. */
    STANDARD {
        @Override
        public double of(double alpha, int rank) {
            return alpha / rank;
        }
    },
    /** alpha/√r, which keeps the size of the update when the rank grows: Kalajdzievski 2023, arXiv:2312.03732. */
    RANK_STABILIZED {
        @Override
        public double of(double alpha, int rank) {
            return alpha / Math.sqrt(rank);
        }
    };

    /** Returns s. */
    public abstract double of(double alpha, int rank);
}
