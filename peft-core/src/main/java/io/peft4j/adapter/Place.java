package io.peft4j.adapter;

/** What an adapter changes in a model, on which it depends what it can be composed with. */
public enum Place {
    /** The input or output of a linear layer. */
    LINEAR,
    /** The weights of a linear layer, such as those of a head that is trained as a whole. */
    WEIGHT_OF_LINEAR,
    /** The rows of a table of embeddings. */
    EMBEDDING,
    /** A weight of anything else. */
    OTHER_WEIGHT,
    /** The output of a sub-layer. */
    SUBLAYER,
    /** The input embeddings. */
    INPUT_EMBEDDINGS,
    /** The keys and values of attention. */
    KEYS_AND_VALUES,
    /** What attention makes of a text. */
    ATTENTION
}
