package io.peft4j.train;

import java.util.Map;

/**
 * Multiples of the learning rate for some parameters, as LoRA+ has for B: Hayou et al. 2024, <a
 * href="https://arxiv.org/abs/2402.12354">arXiv:2402.12354</a>.
 *
 * @param byPart the multiple for parameters whose name has a part, such as {@code lora_B}; all others have 1
 */
public record RateFactors(Map<String, Double> byPart) {

    /** One rate for all. */
    public static final RateFactors NONE = new RateFactors(Map.of());

    public RateFactors {
        byPart = Map.copyOf(byPart);
        byPart.forEach((part, factor) -> {
            if (!(factor > 0 && factor < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("rate factor of %s must be positive: %s".formatted(part, factor));
            }
        });
    }

    /**
     * Returns LoRA+: B learns faster than A.
     *
     * @param ratio how much, usually 4 to 16
     */
    public static RateFactors loraPlus(double ratio) {
        return new RateFactors(Map.of("lora_B", ratio, "lora_embedding_B", ratio));
    }

    /** Returns the multiple for a parameter; of several parts that it has, the largest. */
    double of(String parameter) {
        return byPart.entrySet().stream()
                .filter(entry -> parameter.contains(entry.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .max()
                .orElse(1);
    }
}
