package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs programs operation by operation on plain NDArrays: the reference that compiled programs are compared with.
 *
 * <p>All floating types of a program are computed in one type, so FLOAT64 makes it an oracle.
 */
public final class Interpreter {

    private final DataType floating;

    private Interpreter(DataType floating) {
        this.floating = floating;
    }

    /** Returns an interpreter that computes in FLOAT64. */
    public static Interpreter float64() {
        return new Interpreter(DataType.FLOAT64);
    }

    /** Returns an interpreter that computes in FLOAT32. */
    public static Interpreter float32() {
        return new Interpreter(DataType.FLOAT32);
    }

    /**
     * Runs a program.
     *
     * @param owner the manager that the results are attached to
     * @param arguments one array per input, floating ones in the type of this interpreter
     */
    public List<NDArray> run(NDManager owner, Program program, List<NDArray> arguments) {
        try (NDScope scope = new NDScope();
                NDManager scratch = owner.newSubManager()) {
            Map<Integer, NDArray> values = new HashMap<>();
            Sizes sizes = new Sizes(program, arguments);
            for (int i = 0; i < arguments.size(); i++) {
                values.put(i, arguments.get(i));
            }
            List<TensorType> types = program.types();
            for (Program.Node node : program.nodes()) {
                NDList results = node.op().interpret(new Frame(node, values, types, sizes, scratch));
                for (int k = 0; k < results.size(); k++) {
                    int id = node.results().get(k);
                    values.put(id, results.get(k));
                    sizes.learn(types.get(id), results.get(k).getShape());
                }
            }
            program.additions().forEach(a -> value(values, a.input()).addi(value(values, a.value())));
            List<NDArray> outputs = new ArrayList<>();
            for (int id : program.outputs()) {
                NDArray output = value(values, id).mul(1);
                NDScope.unregister(output);
                output.attach(owner);
                outputs.add(output);
            }
            return outputs;
        }
    }

    private static NDArray value(Map<Integer, NDArray> values, int id) {
        NDArray value = values.get(id);
        if (value == null) {
            throw new IllegalStateException("value %d is not computed".formatted(id));
        }
        return value;
    }

    /** What an operation sees while it is interpreted. */
    final class Frame {
        private final Program.Node node;
        private final Map<Integer, NDArray> values;
        private final List<TensorType> types;
        private final Sizes sizes;
        private final NDManager manager;

        Frame(Program.Node node, Map<Integer, NDArray> values, List<TensorType> types, Sizes sizes, NDManager manager) {
            this.node = node;
            this.values = values;
            this.types = types;
            this.sizes = sizes;
            this.manager = manager;
        }

        NDArray operand(int i) {
            return value(values, node.operands().get(i));
        }

        int operands() {
            return node.operands().size();
        }

        /** Returns the shape of result k. */
        long[] shape(int k) {
            return types.get(node.results().get(k)).shape().stream()
                    .mapToLong(this::size)
                    .toArray();
        }

        long size(Dim dim) {
            return sizes.of(dim);
        }

        /** Returns the array in the type that stands here for {@code dtype}. */
        NDArray cast(NDArray x, DType dtype) {
            return x.toType(dtype.isFloating() ? floating : dtype.djl(), false);
        }

        NDManager manager() {
            return manager;
        }
    }
}
