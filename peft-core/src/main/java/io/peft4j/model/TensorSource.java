package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/** Where a network that runs finds the tensors that are not in the batch. */
public interface TensorSource {

    /** Returns a frozen weight. */
    NDArray weight(String name);

    /** Returns frozen weights that are packed into one. */
    NDArray packed(Network.Argument.PackedWeight weights);

    /** Returns a tensor of the adapter in a slot of the selection. */
    NDArray parameter(int slot, String name);

    /** Returns what an argument names, unless that is a value or the seed of a run. */
    default Optional<NDArray> tensor(Network.Argument argument) {
        if (argument instanceof Network.Argument.Weight weight) {
            return Optional.of(weight(weight.name()));
        } else if (argument instanceof Network.Argument.PackedWeight weights) {
            return Optional.of(packed(weights));
        } else if (argument instanceof Network.Argument.Parameter parameter) {
            return Optional.of(parameter(parameter.slot(), parameter.name()));
        }
        return Optional.empty();
    }
}
