package io.peft4j.models.text;

/** Hears pieces of text as soon as they are certain. */
@FunctionalInterface
public interface TextListener {

    /** Hears nothing. */
    TextListener NONE = (row, piece) -> {};

    /**
     * Hears a piece.
     *
     * @param row which of the prompts it continues
     * @param piece what comes after the pieces before
     */
    void onText(int row, String piece);
}
