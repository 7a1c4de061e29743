package io.peft4j.model;

/** What becomes of weights whose type in the file is not the type to compute in. */
public enum WeightStorage {
    /** They are converted when the model is loaded: the fastest steps, for memory of their own. */
    CONVERTED,
    /** They stay as they are in the file, mapped, and every use converts them: the least memory, for slower steps. */
    KEPT
}
