package io.peft4j.generate;

import io.peft4j.model.Logits;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/** Chooses the next tokens of one text as {@link Sampling} says. */
final class TokenChooser {

    private final Sampling sampling;
    private final Random random;
    private final BitSet present = new BitSet();

    TokenChooser(Sampling sampling, int[] prompt, long seed) {
        this.sampling = sampling;
        this.random = new Random(seed);
        Arrays.stream(prompt).forEach(present::set);
    }

    /**
     * Returns the next token, which from now on is part of the text.
     *
     * @throws ArithmeticException if a logit is not finite
     */
    int choose(float[] logits) {
        if (sampling.repetitionPenalty() != 1) {
            penalise(logits);
        }
        int likeliest = Logits.largest(logits);
        int chosen = sampling.isGreedy() ? likeliest : draw(logits);
        present.set(chosen);
        return chosen;
    }

    private void penalise(float[] logits) {
        float penalty = (float) sampling.repetitionPenalty();
        present.stream()
                .filter(id -> id < logits.length)
                .forEach(id -> logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty);
    }

    private int draw(float[] logits) {
        int[] candidates = candidates(logits);
        double[] weights = new double[candidates.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.exp((logits[candidates[i]] - logits[candidates[0]]) / sampling.temperature());
            sum += weights[i];
        }
        int kept = nucleus(weights, sum);
        double reach = random.nextDouble() * Arrays.stream(weights, 0, kept).sum();
        for (int i = 0; i < kept - 1; i++) {
            reach -= weights[i];
            if (reach < 0) {
                return candidates[i];
            }
        }
        return candidates[kept - 1];
    }

    /** Returns the tokens that may be drawn, likeliest first. */
    private int[] candidates(float[] logits) {
        int k = sampling.topK() == 0 ? logits.length : Math.min(sampling.topK(), logits.length);
        float[] sorted = logits.clone();
        Arrays.sort(sorted);
        float smallest = sorted[logits.length - k];
        // Equal logits are no better one than the other, so all of them stay, as in Hugging Face.
        return IntStream.range(0, logits.length)
                .filter(id -> logits[id] >= smallest)
                .boxed()
                .sorted(Comparator.comparing((Integer id) -> -logits[id]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Returns how many of the likeliest tokens reach the probability, at least one. */
    private int nucleus(double[] weights, double sum) {
        double reached = 0;
        for (int i = 0; i < weights.length; i++) {
            reached += weights[i] / sum;
            if (reached >= sampling.topP()) {
                return i + 1;
            }
        }
        return weights.length;
    }
}
