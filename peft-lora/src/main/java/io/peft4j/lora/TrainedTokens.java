package io.peft4j.lora;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tokens whose embeddings are learned in the place of the base model's: {@code trainable_token_indices}.
 *
 * @param byModule the numbers of tokens by the end of a module's path; {@link #INPUT} stands for the model's table of words
 */
public record TrainedTokens(Map<String, List<Integer>> byModule) {

    /** The model's table of words, whatever its path. */
    public static final String INPUT = "";

    /** No tokens. */
    public static final TrainedTokens NONE = new TrainedTokens(Map.of());

    public TrainedTokens {
        Map<String, List<Integer>> copy = new TreeMap<>();
        byModule.forEach((module, tokens) -> {
            String where = module.isEmpty() ? "the table of words" : module;
            Settings.check(!tokens.isEmpty(), "the trained tokens of %s are none", where);
            Settings.check(
                    new HashSet<>(tokens).size() == tokens.size(), "a trained token of %s repeats: %s", where, tokens);
            tokens.forEach(token -> Settings.check(token >= 0, "a token of %s is negative: %d", where, token));
            copy.put(module, List.copyOf(tokens));
        });
        Settings.check(
                copy.size() < 2 || !copy.containsKey(INPUT),
                "trained tokens are those of the table of words or those of modules by name, not both: %s",
                copy.keySet());
        byModule = Map.copyOf(copy);
    }

    /** Returns tokens of the model's table of words, and of an output layer that is tied to it. */
    public static TrainedTokens of(int... tokens) {
        return new TrainedTokens(Map.of(INPUT, Arrays.stream(tokens).boxed().toList()));
    }
}
