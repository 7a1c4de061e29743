package io.peft4j.program;

import io.peft4j.program.Kernels.LinearKernel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes a program as the body of a TorchScript method; operations ask it for the text of their operands. */
final class Script {

    /** Up to so many inputs a product costs little more than reading its result. */
    private static final int NARROW = 128;

    private final Program program;
    private final Kernels kernels;
    private final List<TensorType> types;
    private final Map<Dim, String> sizes = new LinkedHashMap<>();
    private Program.Node node;

    private Script(Program program, Kernels kernels, Program.Node node) {
        this.program = program;
        this.kernels = kernels;
        this.types = program.types();
        this.node = node;
    }

    /** Returns the body of the method whose parameters are {@link #parameters}. */
    static String body(Program program, Kernels kernels) {
        if (program.nodes().isEmpty()) {
            return result(program);
        }
        Script script = new Script(program, kernels, program.nodes().get(0));
        List<String> lines = new ArrayList<>();
        for (Program.Node next : program.nodes()) {
            script.node = next;
            lines.add("%s = %s".formatted(names(next.results()), script.expression()));
        }
        program.additions().forEach(a -> lines.add("%s.add_(%s)".formatted(name(a.input()), name(a.value()))));
        lines.add(result(program));
        lines.addAll(0, script.sizes.values());
        return String.join("\n", lines);
    }

    /** Returns the current operation's expression, which writes over an operand that nobody needs any more. */
    private String expression() {
        for (int i = 0; i < node.operands().size() && kernels.overwrites(); i++) {
            int id = node.operands().get(i);
            boolean fits = types.get(id).equals(types.get(node.results().get(0)));
            String expression = fits && isExpendable(id) ? node.op().overwriting(this, i) : null;
            if (expression != null) {
                return expression;
            }
        }
        return node.op().script(this);
    }

    /** Returns whether a value has memory of its own and the current operation is its only user. */
    private boolean isExpendable(int id) {
        long users = program.nodes().stream()
                        .flatMap(other -> other.operands().stream())
                        .filter(operand -> operand == id)
                        .count()
                + program.outputs().stream().filter(output -> output == id).count()
                + program.additions().stream().filter(a -> a.value() == id).count();
        return users == 1
                && program.nodes().stream()
                        .anyMatch(other ->
                                other.results().contains(id) && other.op().cost() != Op.Cost.VIEW);
    }

    /** Returns the parameters of the method: one tensor per input. */
    static String parameters(Program program) {
        return names(program.inputs().stream().map(Program.Input::id).toList());
    }

    /** Returns the text of a number, which never depends on the locale. */
    static String number(double value) {
        return Double.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : Double.toString(value);
    }

    /** Returns operand i. */
    String operand(int i) {
        return name(node.operands().get(i));
    }

    /** Returns all operands, separated by commas. */
    String operands() {
        return names(node.operands());
    }

    /** Returns whether anybody uses result k. */
    boolean isUsed(int k) {
        int id = node.results().get(k);
        return program.outputs().contains(id)
                || program.nodes().stream().anyMatch(other -> other.operands().contains(id))
                || program.additions().stream().anyMatch(addition -> addition.value() == id);
    }

    /** Returns the native routines to write calls of. */
    Kernels kernels() {
        return kernels;
    }

    int operandCount() {
        return node.operands().size();
    }

    TensorType operandType(int i) {
        return types.get(node.operands().get(i));
    }

    /** Returns operand i as a matrix of rows. */
    String rows(int i) {
        TensorType type = operandType(i);
        return type.rank() == 2 ? operand(i) : "%s.reshape(-1, %s)".formatted(operand(i), size(type.dim(-1)));
    }

    /** Returns the shape of result k as a list. */
    String shape(int k) {
        return types.get(node.results().get(k)).shape().stream()
                .map(this::size)
                .collect(Collectors.joining(", ", "[", "]"));
    }

    /** Returns the expression of a dimension; sizes are read off the inputs that have them. */
    String size(Dim dim) {
        if (dim.isConstant()) {
            return dim.toString();
        }
        Program.@Nullable Input owner = program.ownerOf(dim);
        if (owner != null) {
            String variable = "n%d".formatted(new ArrayList<>(sizes.keySet()).indexOf(dim));
            if (!sizes.containsKey(dim)) {
                variable = "n%d".formatted(sizes.size());
                int axis = owner.type().shape().indexOf(dim);
                sizes.put(dim, "%s = %s.size(%d)".formatted(variable, name(owner.id()), axis));
            }
            return variable;
        }
        return dim.toString(this::named);
    }

    /** Returns the expression of a name, which some input may only have with a number added to it. */
    private String named(String name) {
        Dim dim = Dim.named(name);
        if (program.ownerOf(dim) != null) {
            return size(dim);
        }
        Dim shifted = program.inputs().stream()
                .flatMap(input -> input.type().shape().stream())
                .filter(candidate -> candidate.shiftedName().equals(Optional.of(name)))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no input tells the size " + name));
        return "(%s - %d)".formatted(size(shifted), shifted.shift());
    }

    /** Returns some input, from which new tensors take their device. */
    String anyInput() {
        return name(program.inputs().get(0).id());
    }

    /** Returns a sum with a linear in the kernel that is fastest here; products with few inputs are no matter of kernels. */
    String addLinear(boolean transposed, double alpha) {
        return alpha == 1 && !isNarrow(1)
                ? kernels.linear(transposed).addScript(this, transposed)
                : addmm("torch.addmm(%s, ".formatted(rows(0)), transposed, alpha);
    }

    /** Returns whether an operand has few features. */
    boolean isNarrow(int i) {
        return operandType(i).dim(-1).constant() <= NARROW;
    }

    /** Returns a sum with a linear that overwrites its first term. */
    String addLinearInPlace(boolean transposed, double alpha) {
        return addmm("%s.addmm_(".formatted(rows(0)), transposed, alpha);
    }

    /** Returns the end of a call of addmm, with the product of rows of operand 1 and operand 2. */
    String addmm(String call, boolean transposed, double alpha) {
        String weight = transposed ? operand(2) : operand(2) + ".t()";
        String end = alpha == 1 ? ")" : ", alpha=%s)".formatted(number(alpha));
        String sum = "%s%s, %s%s".formatted(call, rows(1), weight, end);
        return operandType(0).rank() == 2 ? sum : "%s.view(%s)".formatted(sum, shape(0));
    }

    /** Returns a linear in the kernel that is fastest here. */
    String linear(boolean transposed) {
        return linear(kernels.linear(transposed), transposed);
    }

    /** Returns a linear in a kernel. */
    String linear(LinearKernel kernel, boolean transposed) {
        return kernel.script(operand(0), operand(1), operandCount() == 3 ? operand(2) : "None", transposed);
    }

    private static String result(Program program) {
        return "return [%s]".formatted(names(program.outputs()));
    }

    private static String names(List<Integer> ids) {
        return ids.stream().map(Script::name).collect(Collectors.joining(", "));
    }

    private static String name(int id) {
        return "v" + id;
    }
}
