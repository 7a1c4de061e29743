package io.peft4j.model;

/** The numbers that a model gives to choices: labels or tokens. */
public final class Logits {

    private Logits() {}

    /**
     * Returns the number of the largest, of equal ones the first.
     *
     * @throws ArithmeticException if one is not finite, since it means nothing then which is the largest
     */
    public static int largest(float... logits) {
        int best = 0;
        for (int i = 0; i < logits.length; i++) {
            if (!Float.isFinite(logits[i])) {
                throw new ArithmeticException(
                        "logit %d of %d is %s: the weights of the model or an adapter are broken, or values overflowed"
                                .formatted(i, logits.length, logits[i]));
            }
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }
}
