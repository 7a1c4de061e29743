package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/** What a method does after each update of an adapter in training, beside what the optimizer does. */
@FunctionalInterface
public interface UpdateRule {

    /** Does nothing. */
    UpdateRule NONE = (step, gradients) -> {};

    /**
     * Called when the optimizer has moved the parameters.
     *
     * @param step how many updates there were before this one
     * @param gradients what it moved them by, clipped
     */
    void updated(long step, ParameterBuffer gradients);

    /** Returns the FLOAT32 tensors that later updates depend on, which an interrupted training has to find again. */
    default Map<String, NDArray> state() {
        return Map.of();
    }
}
