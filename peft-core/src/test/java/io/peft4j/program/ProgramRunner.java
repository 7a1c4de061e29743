package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongFunction;

/** Makes arguments for programs. */
final class ProgramRunner {

    static final Map<String, Long> SIZES = Map.of("B", 2L, "T", 3L, "S", 5L);

    private ProgramRunner() {}

    static long[] shape(TensorType type) {
        return type.shape().stream().mapToLong(dim -> dim.evaluate(SIZES)).toArray();
    }

    /** Returns one array per input: normal numbers, or the given ids. */
    static List<NDArray> arguments(
            NDManager manager,
            Program program,
            long seed,
            LongFunction<Long> ids,
            boolean positive,
            DataType floating) {
        List<NDArray> arguments = new ArrayList<>();
        for (Program.Input input : program.inputs()) {
            Random random = new Random(seed * 31 + input.name().hashCode());
            Shape shape = new Shape(shape(input.type()));
            if (input.type().dtype().isFloating()) {
                double[] values = random.doubles(shape.size())
                        .map(v -> positive ? v + 0.3 : 2 * v - 1)
                        .toArray();
                arguments.add(manager.create(values, shape).toType(floating, false));
            } else {
                long[] values = new long[Math.toIntExact(shape.size())];
                for (int i = 0; i < values.length; i++) {
                    values[i] = ids.apply(i);
                }
                arguments.add(manager.create(values, shape));
            }
        }
        return arguments;
    }

    /** Returns a fixed array to weigh an output with. */
    static NDArray weights(NDManager manager, TensorType type, DataType floating) {
        Shape shape = new Shape(shape(type));
        double[] values = new Random(7).doubles(shape.size(), -1, 1).toArray();
        return manager.create(values, shape).toType(floating, false);
    }
}
