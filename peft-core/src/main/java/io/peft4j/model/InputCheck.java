package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.peft4j.program.Dim;
import io.peft4j.program.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Compares what a network is given with what it takes, since libtorch would broadcast many a wrong shape. */
final class InputCheck {

    private final Map<Dim, Long> sizes = new HashMap<>();
    private final List<String> problems = new ArrayList<>();

    private InputCheck() {}

    /**
     * Checks the inputs of a network.
     *
     * @throws IllegalArgumentException listing all that are missing, of another type or of another shape
     */
    static void of(Network network, Map<String, NDArray> inputs) {
        InputCheck check = new InputCheck();
        for (Network.Input input : network.inputs()) {
            NDArray array = inputs.get(input.name());
            if (array == null) {
                check.problems.add(
                        "the batch has no %s, only %s".formatted(input.name(), new TreeSet<>(inputs.keySet())));
            } else if (!input.kept()) {
                check.compare(input.name(), input.type(), array);
            }
        }
        if (!check.problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", check.problems));
        }
    }

    private void compare(String name, TensorType type, NDArray array) {
        if (array.getDataType() != type.dtype().djl() || !matches(type, array.getShape())) {
            problems.add("%s must be %s%s: %s%s"
                    .formatted(
                            name,
                            type,
                            sizes.isEmpty() ? "" : " with " + sizes,
                            array.getDataType(),
                            array.getShape()));
        }
    }

    private boolean matches(TensorType type, Shape shape) {
        if (type.rank() != shape.dimension()) {
            return false;
        }
        for (int axis = 0; axis < type.rank(); axis++) {
            Dim dim = type.dim(axis);
            long size = shape.get(axis);
            if (dim.isConstant() ? dim.constant() != size : sizes.computeIfAbsent(dim, d -> size) != size) {
                return false;
            }
        }
        return true;
    }
}
