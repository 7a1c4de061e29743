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
        KEYS_AND_VALUES,
        OTHER
    }
}
