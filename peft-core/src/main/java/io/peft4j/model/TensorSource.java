package io.peft4j.model;

import ai.djl.ndarray.NDArray;

/** Where a network that runs finds the tensors that are not in the batch. */
public interface TensorSource {

    /** Returns a frozen weight. */
    NDArray weight(String name);

    /** Returns a tensor of the adapter in a slot of the selection. */
    NDArray parameter(int slot, String name);
}
