package io.peft4j.model;

/** Whether a network keeps the keys and values of attention for later calls, and goes on from earlier ones. */
public enum Decoding {
    /** Whole texts; nothing is kept. */
    OFF,
    /** The first tokens of texts; keys and values go into the buffers that are passed. */
    FIRST,
    /** Further tokens of texts whose keys and values are in the buffers. */
    NEXT;

    /** The name of the size that says for how many tokens there is room in the buffers. */
    public static final String CAPACITY = "C";
}
