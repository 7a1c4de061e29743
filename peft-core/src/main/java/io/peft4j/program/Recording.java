package io.peft4j.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program in the making: its inputs are declared, tensor methods append operations, {@link #program} ends it.
 *
 * <p>Operations are pure, so an operation that was recorded before on the same operands returns the earlier result. Not
 * thread-safe.
 */
public final class Recording {

    private record Expression(Op op, List<Integer> operands) {}

    private final List<Program.Input> inputs = new ArrayList<>();
    private final List<Program.Node> nodes = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();
    private final Map<Expression, List<Tensor>> known = new HashMap<>();
    private int dropoutSites;

    /** Declares an input; its name tells which of the inputs are left when the program is done. */
    public Tensor input(String name, TensorType type) {
        Op.check(inputs.stream().noneMatch(input -> input.name().equals(name)), "two inputs are named %s", name);
        Tensor tensor = define(type);
        inputs.add(new Program.Input(name, type, tensor.id()));
        return tensor;
    }

    /** Records an operation of one result. */
    Tensor apply(Op op, Tensor... operands) {
        return applyAll(op, operands).get(0);
    }

    /** Records an operation and returns all of its results. */
    List<Tensor> applyAll(Op op, Tensor... operands) {
        for (Tensor operand : operands) {
            Op.check(operand.recording() == this, "%s belongs to another recording than %s", operand, op);
        }
        List<Integer> ids = Arrays.stream(operands).map(Tensor::id).toList();
        return known.computeIfAbsent(new Expression(op, ids), expression -> {
            List<TensorType> types =
                    op.infer(Arrays.stream(operands).map(Tensor::type).toList());
            List<Tensor> results = types.stream().map(this::define).toList();
            nodes.add(new Program.Node(op, ids, results.stream().map(Tensor::id).toList()));
            return results;
        });
    }

    /** Records a cross-entropy, with the output layer in it where logits come from a wide one. */
    Tensor crossEntropy(Tensor logits, Tensor labels) {
        Program.@Nullable Node layer = inputOf(logits) == null ? producer(logits) : null;
        if (layer != null && layer.op().name().equals("cast") && logits.dtype() == DType.FLOAT32) {
            Tensor narrow = value(layer.operands().get(0));
            layer = inputOf(narrow) == null ? producer(narrow) : null;
        }
        if (layer == null
                || !layer.op().equals(LinearAlgebra.linear(false))
                || layer.operands().size() != 2
                || !LinearCrossEntropy.pays(value(layer.operands().get(1)).type())) {
            return apply(Lookup.CROSS_ENTROPY, logits, labels);
        }
        Tensor x = value(layer.operands().get(0));
        Tensor weight = value(layer.operands().get(1));
        return applyAll(LinearCrossEntropy.FORWARD, x, weight, labels).get(0);
    }

    /** Returns the number of the next dropout, so that each draws another mask from the same seed. */
    int nextDropoutSite() {
        return dropoutSites++;
    }

    /** Returns a value by its number. */
    Tensor value(int id) {
        return values.get(id);
    }

    /** Returns how many values there are. */
    int size() {
        return values.size();
    }

    /** Returns the input that a value is, or null if it is computed. */
    Program.@Nullable Input inputOf(Tensor value) {
        return inputs.stream()
                .filter(input -> input.id() == value.id())
                .findFirst()
                .orElse(null);
    }

    /** Returns the operation that computes a value, which is no input. */
    Program.Node producer(Tensor value) {
        return nodes.stream()
                .filter(node -> node.results().contains(value.id()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(value + " is an input"));
    }

    /** Returns the program that computes the outputs; what they do not need, inputs included, is left out. */
    public Program program(List<Tensor> outputs) {
        return program(outputs, List.of());
    }

    /**
     * Returns the program that computes the outputs and adds to inputs in place.
     *
     * @param additions pairs of an input and the value that is added to it when the program runs
     */
    Program program(List<Tensor> outputs, List<Program.Addition> additions) {
        return Program.of(inputs, nodes, outputs.stream().map(Tensor::id).toList(), additions, values.size());
    }

    private Tensor define(TensorType type) {
        Tensor tensor = new Tensor(this, values.size(), type);
        values.add(tensor);
        return tensor;
    }
}
