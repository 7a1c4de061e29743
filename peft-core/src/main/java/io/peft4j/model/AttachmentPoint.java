package io.peft4j.model;

/**
 * A place in a model where methods can attach.
 *
 * @param kind what is there
 * @param path Hugging Face's module path
 * @param in input features; the width D where there is only one number; how many heads share the keys and values
 * @param out output features
 * @param head whether it belongs to the task's head, which "all-linear" leaves out
 */
public record AttachmentPoint(Kind kind, String path, long in, long out, boolean head) {

    /** What is at a place. */
    public enum Kind {
        LINEAR,
        EMBEDDING,
        SUBLAYER,
        INPUT_EMBEDDINGS,
        /** Keys and values of the text itself; in an encoder-decoder, of the one that it writes. */
        KEYS_AND_VALUES,
        /** Keys and values of the text that an encoder-decoder reads, in its encoder. */
        SOURCE_KEYS_AND_VALUES,
        /** Keys and values of the text that an encoder-decoder reads, in its decoder. */
        CROSS_KEYS_AND_VALUES,
        /** What attention makes of a text, of which learned rows are no part. */
        ATTENTION,
        OTHER
    }
}
