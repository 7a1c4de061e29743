package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An operation written down: its name and settings, which are its identity, and what it does as functions.
 *
 * <pre>{@code
 * static final Op MULTIPLY = Definition.of("multiply")
 *         .types(Elementwise::broadcast)
 *         .script(s -> "torch.mul(%s, %s)".formatted(s.operand(0), s.operand(1)))
 *         .interpret(f -> f.operand(0).mul(f.operand(1)))
 *         .gradient((g, x, y) -> List.of(g.multiply(x.get(1)).sumTo(x.get(0)), g.multiply(x.get(0)).sumTo(x.get(1))));
 * }</pre>
 */
final class Definition implements Op {

    /** The gradients of the operands x, given g, that of the first of the results y; null where there is none. */
    @FunctionalInterface
    interface Rule {
        List<Tensor> gradients(Tensor g, List<Tensor> x, List<Tensor> y);
    }

    /** The script that overwrites operand i. */
    @FunctionalInterface
    interface Overwriting {
        @Nullable
        String script(Script script, int i);
    }

    private final String name;
    private final List<Object> settings;
    private Function<List<TensorType>, List<TensorType>> types = operands -> operands.subList(0, 1);
    private Function<Script, String> script = s -> "%s(%s)".formatted(toString(), s.operands());
    private Function<Interpreter.Frame, NDList> interpretation = frame -> {
        throw new UnsupportedOperationException("the interpreter has no " + this);
    };
    private @Nullable Rule rule;
    private Overwriting overwriting = (s, i) -> null;
    private Cost cost = Cost.CHEAP;
    private Function<List<TensorType>, Dim> terms = operands -> Dim.of(0);
    private Set<String> sizes = Set.of();

    private Definition(String name, List<Object> settings) {
        this.name = name;
        this.settings = settings;
    }

    /** Starts an operation; operations of equal name and settings are equal. By default it has the type of its operand. */
    static Definition of(String name, Object... settings) {
        return new Definition(name, List.of(settings));
    }

    /** Sets the type of the result, and the checks of the operands. */
    Definition types(Function<List<TensorType>, TensorType> value) {
        return manyTypes(operands -> List.of(value.apply(operands)));
    }

    /** Sets the types of several results. */
    Definition manyTypes(Function<List<TensorType>, List<TensorType>> value) {
        types = value;
        return this;
    }

    /** Sets the TorchScript expression. */
    Definition script(Function<Script, String> value) {
        script = value;
        return this;
    }

    /** Sets the computation with NDArray operations. */
    Definition interpret(Function<Interpreter.Frame, NDArray> value) {
        return interpretMany(frame -> new NDList(value.apply(frame)));
    }

    /** Sets the computation of several results. */
    Definition interpretMany(Function<Interpreter.Frame, NDList> value) {
        interpretation = value;
        return this;
    }

    /** Sets the gradient rule. */
    Definition gradient(Rule value) {
        rule = value;
        return this;
    }

    /** Sets the expression that writes over an operand. */
    Definition overwriting(Overwriting value) {
        overwriting = value;
        return this;
    }

    /** Makes it a view of its operand's memory. */
    Definition view() {
        cost = Cost.VIEW;
        return this;
    }

    /** Makes it a matrix product, and sets how many products each element of the result sums up. */
    Definition product(Function<List<TensorType>, Dim> value) {
        cost = Cost.COSTLY;
        terms = value;
        return this;
    }

    /** Sets the dimensions that it mentions itself. */
    Definition sizes(Collection<Dim> dims) {
        sizes = dims.stream().flatMap(dim -> dim.names().stream()).collect(Collectors.toSet());
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<Object> settings() {
        return settings;
    }

    @Override
    public List<TensorType> infer(List<TensorType> operands) {
        return types.apply(operands);
    }

    @Override
    public String script(Script s) {
        return script.apply(s);
    }

    @Override
    public @Nullable String overwriting(Script s, int i) {
        return overwriting.script(s, i);
    }

    @Override
    public NDList interpret(Interpreter.Frame frame) {
        return interpretation.apply(frame);
    }

    @Override
    public boolean hasGradient() {
        return rule != null;
    }

    @Override
    public List<Tensor> gradient(Tensor g, List<Tensor> x, List<Tensor> y) {
        if (rule == null) {
            throw new UnsupportedOperationException("no gradient of " + this);
        }
        return rule.gradients(g, x, y);
    }

    @Override
    public Cost cost() {
        return cost;
    }

    @Override
    public Dim terms(List<TensorType> operands) {
        return terms.apply(operands);
    }

    @Override
    public Set<String> sizes() {
        return sizes;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Definition operation
                && name.equals(operation.name)
                && settings.equals(operation.settings);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, settings);
    }

    @Override
    public String toString() {
        return settings.isEmpty() ? name : name + settings;
    }
}
