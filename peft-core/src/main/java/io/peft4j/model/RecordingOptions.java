package io.peft4j.model;

import io.peft4j.program.DType;

/**
 * What a network is recorded for; with the adaptation, this decides which programs it consists of.
 *
 * @param adaptation what the selected adapters change
 * @param dtype the type to compute in
 * @param training whether dropout acts and the loss is wanted
 * @param fusedAttention whether attention is one operation instead of products and a softmax
 * @param decoding whether keys and values are kept for later calls
 */
public record RecordingOptions(
        Adaptation adaptation, DType dtype, boolean training, boolean fusedAttention, Decoding decoding) {

    /** Returns options for inference. */
    public static RecordingOptions inference(Adaptation adaptation, DType dtype, boolean fusedAttention) {
        return new RecordingOptions(adaptation, dtype, false, fusedAttention, Decoding.OFF);
    }

    /** Returns options for training. */
    public static RecordingOptions training(Adaptation adaptation, DType dtype, boolean fusedAttention) {
        return new RecordingOptions(adaptation, dtype, true, fusedAttention, Decoding.OFF);
    }

    /** Returns the same options for a call of generation. */
    public RecordingOptions decoding(Decoding value) {
        return new RecordingOptions(adaptation, dtype, training, fusedAttention, value);
    }
}
