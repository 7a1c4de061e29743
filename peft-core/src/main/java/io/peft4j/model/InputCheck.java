package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.peft4j.program.Dim;
import io.peft4j.program.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
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
                check.compare(input.name(), input.numbers(), array);
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

    /** Behind the last row of a table libtorch names an index that says nothing to a user. */
    private void compare(String name, int numbers, NDArray array) {
        if (numbers == 0 || array.getDataType() != DataType.INT64) {
            return;
        }
        long[] strangers = Arrays.stream(array.toLongArray())
                .filter(number -> number < 0 || number >= numbers)
                .distinct()
                .toArray();
        if (strangers.length > 0) {
            problems.add("%s are 0 to %d: %s".formatted(name, numbers - 1, Arrays.toString(strangers)));
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
