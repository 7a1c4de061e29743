package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/** Where a network that runs finds the tensors that are not in the batch. */
public interface TensorSource {

    /** Returns a frozen weight. */
    NDArray weight(String name);

    /** Returns a frozen weight that is packed for products in one direction. */
    NDArray packedWeight(String name, boolean transposed);

    /** Returns a tensor of the adapter in a slot of the selection. */
    NDArray parameter(int slot, String name);

    /** Returns what an argument names, unless that is a value or the seed of a run. */
    default Optional<NDArray> tensor(Network.Argument argument) {
        if (argument instanceof Network.Argument.Weight weight) {
            return Optional.of(weight(weight.name()));
        } else if (argument instanceof Network.Argument.PackedWeight weight) {
            return Optional.of(packedWeight(weight.name(), weight.transposed()));
        } else if (argument instanceof Network.Argument.Parameter parameter) {
            return Optional.of(parameter(parameter.slot(), parameter.name()));
        }
        return Optional.empty();
    }
}
