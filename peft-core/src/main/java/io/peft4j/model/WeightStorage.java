package io.peft4j.model;

/** How a model has its weights in memory. */
public enum WeightStorage {
    /** In the type to compute in: weights of another type in the file are converted when the model is loaded. */
    CONVERTED,
    /** As in the file, mapped; every use converts those of another type: the least memory, for slower steps. */
    KEPT,
    /**
     * Converted, and copied once into the layout of the native routine, for each direction that they multiply in: the
     * fastest steps, for up to two copies. Generation makes copies by itself where they pay and memory allows.
     */
    PACKED
}
