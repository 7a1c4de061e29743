package io.peft4j.train;

/** How the learning rate changes over training, as a factor of its largest value; steps count from 0 as in Hugging Face. */
public enum Schedule {
    /** Falls in a straight line to 0. */
    LINEAR {
        @Override
        double decay(double progress) {
            return 1 - progress;
        }
    },
    /** Falls along half a cosine to 0. */
    COSINE {
        @Override
        double decay(double progress) {
            return 0.5 * (1 + Math.cos(Math.PI * progress));
        }
    },
    /** Stays. */
    CONSTANT {
        @Override
        double decay(double progress) {
            return 1;
        }
    };

    /** Returns the factor for the part of the steps after warm-up that is done. */
    abstract double decay(double progress);

    /**
     * Returns the factor of a step.
     *
     * @param step how many steps were taken before
     * @param steps how many there will be
     * @param warmup during how many the factor rises from 0 to 1
     */
    public double factor(int step, int steps, int warmup) {
        return step < warmup
                ? (double) step / warmup
                : Math.max(0, decay((double) (step - warmup) / Math.max(1, steps - warmup)));
    }
}
