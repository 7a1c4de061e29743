package io.peft4j.generate;

/** Hears each token as soon as it is chosen. */
@FunctionalInterface
public interface TokenListener {

    /** Hears nothing. */
    TokenListener NONE = (row, id) -> {};

    /**
     * Hears a token.
     *
     * @param row which of the prompts it continues
     * @param id the token, which may be one that stops
     */
    void onToken(int row, int id);
}
