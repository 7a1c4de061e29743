package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The sizes that were named in a program, read off the shapes of its arguments. */
final class Sizes {

    private final Map<Dim, Long> sizes = new HashMap<>();

    /**
     * Matches arguments with the inputs of a program.
     *
     * @throws IllegalArgumentException listing every argument whose shape is not that of its input
     */
    Sizes(Program program, List<NDArray> arguments) {
        if (arguments.size() != program.inputs().size()) {
            throw new IllegalArgumentException("the program takes %d arguments %s, not %d"
                    .formatted(program.inputs().size(), program.inputNames(), arguments.size()));
        }
        List<String> problems = new ArrayList<>();
        for (Program.Input input : program.inputs()) {
            Shape shape = arguments.get(input.id()).getShape();
            if (!matches(input.type(), shape)) {
                problems.add("%s must be %s%s: %s"
                        .formatted(input.name(), input.type().shape(), sizes.isEmpty() ? "" : " with " + sizes, shape));
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /** Learns sizes that only a run knows from a result. */
    void learn(TensorType type, Shape shape) {
        for (int axis = 0; axis < type.rank(); axis++) {
            if (!type.dim(axis).isConstant()) {
                sizes.putIfAbsent(type.dim(axis), shape.get(axis));
            }
        }
    }

    /** Returns the value of a dimension. */
    long of(Dim dim) {
        Long known = sizes.get(dim);
        if (known != null) {
            return known;
        }
        Map<String, Long> names = new HashMap<>();
        sizes.forEach((key, value) -> names.put(key.toString(), value));
        sizes.forEach(
                (key, value) -> key.shiftedName().ifPresent(name -> names.putIfAbsent(name, value - key.shift())));
        return dim.evaluate(names);
    }

    /** Compares a shape with a type; a dimension that is met for the first time gets its value. */
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
