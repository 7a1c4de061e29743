package io.peft4j.program;

import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An operation of the tensor vocabulary: its result types, its two back ends and its gradient rule in one place.
 *
 * <p>Operations are values without state; equal operations on equal operands are computed once.
 */
interface Op {

    /** What computing a result again costs, which decides between keeping and recomputing it for backward. */
    enum Cost {
        /** Another view of the operand's memory, or nothing at all. */
        VIEW,
        /** One or two passes over memory. */
        CHEAP,
        /** A matrix product or more. */
        COSTLY
    }

    /** Returns its name, which with the settings is its identity. */
    default String name() {
        return toString();
    }

    /** Returns its settings. */
    default List<Object> settings() {
        return List.of();
    }

    /**
     * Returns the types of the results.
     *
     * @throws IllegalArgumentException if the operands do not fit the operation or each other
     */
    List<TensorType> infer(List<TensorType> operands);

    /** Returns the TorchScript expression; several results are a tuple. */
    String script(Script script);

    /** Returns the TorchScript expression that overwrites operand {@code i} with the result, or null if there is none. */
    default @Nullable String overwriting(Script script, int i) {
        return null;
    }

    /** Computes the results with NDArray operations. */
    NDList interpret(Interpreter.Frame frame);

    /** Returns whether it has a gradient rule. */
    default boolean hasGradient() {
        return false;
    }

    /**
     * Returns the gradients of the operands, given that of the first result; null where there is none.
     *
     * <p>What nobody wants is dropped afterwards, so a rule states all of them.
     */
    default List<Tensor> gradient(Tensor gradient, List<Tensor> operands, List<Tensor> results) {
        throw new UnsupportedOperationException("no gradient of " + this);
    }

    /** Returns what computing it again costs. */
    default Cost cost() {
        return Cost.CHEAP;
    }

    /** Returns how many products each element of the first result sums up; 0 if it is no matrix product. */
    default Dim terms(List<TensorType> operands) {
        return Dim.of(0);
    }

    /** Returns the named sizes that the operation itself mentions. */
    default Set<String> sizes() {
        return Set.of();
    }

    /** Fails unless {@code condition} holds. */
    static void check(boolean condition, String message, Object... arguments) {
        if (!condition) {
            throw new IllegalArgumentException(message.formatted(arguments));
        }
    }
}
