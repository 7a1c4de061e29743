package io.peft4j.generate;

/**
 * How the next token is chosen from logits: the likeliest, or one drawn from some of the likeliest.
 *
 * <p>In this order, as in Hugging Face: logits of tokens that are there already are divided by the penalty (or multiplied,
 * below 0); all are divided by the temperature; only the k largest stay; only the smallest set of tokens stays whose
 * probabilities add up to p.
 *
 * @param temperature 0 takes the likeliest token always
 * @param topK how many of the likeliest tokens may be drawn, 0 for all
 * @param topP the probability that the tokens that may be drawn have together, in (0, 1]
 * @param repetitionPenalty above 1 makes tokens of the text less likely, 1 changes nothing
 */
public record Sampling(double temperature, int topK, double topP, double repetitionPenalty) {

    /** The likeliest token. */
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 1);

    public Sampling {
        check(temperature >= 0 && Double.isFinite(temperature), "temperature must be at least 0: " + temperature);
        check(topK >= 0, "top k must be at least 0, where 0 is all tokens: " + topK);
        check(topP > 0 && topP <= 1, "top p must be in (0, 1]: " + topP);
        check(
                repetitionPenalty > 0 && Double.isFinite(repetitionPenalty),
                "repetition penalty must be above 0: " + repetitionPenalty);
    }

    /** Returns whether the likeliest token is taken always. */
    public boolean isGreedy() {
        return temperature == 0;
    }

    /** Returns whether nothing but the logits decides: the largest is taken as it is. */
    boolean takesLargest() {
        return isGreedy() && repetitionPenalty == 1;
    }

    private static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
