package io.peft4j.program;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Derives a program's backward program (reverse-mode differentiation).
 *
 * <p>Walking the operations backwards, each adds its gradient rule's tensors to those of its operands. Only inputs that
 * are wanted get a gradient, so a frozen weight costs neither time nor memory. {@link Recomputation} then decides which
 * values of the forward program backward receives and which it computes again.
 */
public final class Differentiation {

    /**
     * A forward program that also returns what backward needs, and the backward program.
     *
     * @param forward returns the outputs of the original program, then the kept values
     * @param kept the types of the kept values
     * @param backward takes inputs of the original program by their names, kept value i as {@code kept.i}, the gradient
     *     of output i as {@code gradient.i} and the buffer of an accumulated gradient as {@code sum.NAME}; returns the
     *     returned gradients in order
     */
    public record Result(Program forward, List<TensorType> kept, Program backward) {}

    private final Recording joint = new Recording();
    private final Program program;
    private final Map<Integer, Tensor> forward = new HashMap<>();
    private final Map<Integer, Tensor> gradients = new HashMap<>();
    private final Set<Integer> active = new HashSet<>();
    private final List<String> problems = new ArrayList<>();

    private Differentiation(Program program) {
        this.program = program;
    }

    /**
     * Differentiates a program.
     *
     * @param differentiated the outputs, by position, whose gradients will be known
     * @param returned names of inputs whose gradients backward returns, in this order
     * @param accumulated names of inputs whose gradients backward adds to a FLOAT32 buffer
     * @throws IllegalArgumentException listing every wanted input that is not there or not floating, and every operation
     *     on the way to one that has no gradient rule
     */
    public static Result of(
            Program program, Set<Integer> differentiated, List<String> returned, Collection<String> accumulated) {
        return new Differentiation(program).derive(differentiated, returned, accumulated);
    }

    private Result derive(Set<Integer> differentiated, List<String> returned, Collection<String> accumulated) {
        checkInputs(returned);
        checkInputs(accumulated);
        failOnProblems();
        activate(returned, accumulated);
        replayForward();
        int forwardValues = joint.size();
        seed(differentiated);
        sweep();
        failOnProblems();
        List<Tensor> results = new ArrayList<>();
        Map<String, Tensor> sums = new TreeMap<>();
        for (Program.Input input : program.inputs()) {
            Tensor gradient = gradients.get(input.id());
            if (accumulated.contains(input.name()) && gradient != null) {
                sums.put(input.name(), gradient.cast(DType.FLOAT32));
            }
        }
        for (String name : returned) {
            Program.Input input = input(name);
            Tensor gradient = gradients.get(input.id());
            results.add(gradient == null ? joint.apply(Shaping.zeros(input.type())) : gradient);
        }
        List<Tensor> wanted = new ArrayList<>(results);
        wanted.addAll(sums.values());
        Recomputation plan = Recomputation.plan(joint, forwardValues, wanted);

        List<Tensor> outputs = new ArrayList<>(
                program.outputs().stream().map(this::forwardValue).toList());
        outputs.addAll(plan.kept());
        Backward backward = new Backward(
                plan,
                program.inputs().stream().map(input -> forwardValue(input.id())).toList());
        List<Tensor> returnedGradients = results.stream().map(backward::emit).toList();
        List<Program.Addition> additions = new ArrayList<>();
        sums.forEach((name, gradient) -> additions.add(backward.addition(name, gradient)));
        return new Result(
                Fusion.fuse(joint.program(outputs)),
                plan.kept().stream().map(Tensor::type).toList(),
                Fusion.fuse(backward.recording.program(returnedGradients, additions)));
    }

    private void checkInputs(Collection<String> wanted) {
        for (String name : wanted) {
            TensorType type = program.inputs().stream()
                    .filter(input -> input.name().equals(name))
                    .map(Program.Input::type)
                    .findFirst()
                    .orElse(null);
            if (type == null) {
                problems.add("there is no input %s, only %s".formatted(name, program.inputNames()));
            } else if (!type.dtype().isFloating()) {
                problems.add("%s is %s, and only floating inputs have gradients".formatted(name, type));
            }
        }
    }

    private void failOnProblems() {
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("the program cannot be differentiated: " + String.join("; ", problems));
        }
    }

    private void replayForward() {
        for (Program.Input input : program.inputs()) {
            forward.put(input.id(), joint.input(input.name(), input.type()));
        }
        for (Program.Node node : program.nodes()) {
            List<Tensor> results = joint.applyAll(
                    node.op(), node.operands().stream().map(this::forwardValue).toArray(Tensor[]::new));
            for (int k = 0; k < results.size(); k++) {
                forward.put(node.results().get(k), results.get(k));
            }
        }
    }

    private void seed(Set<Integer> differentiated) {
        for (int i : differentiated) {
            int id = program.outputs().get(i);
            gradients.merge(id, joint.input("gradient." + i, forwardValue(id).type()), Tensor::add);
        }
    }

    /** Walks the operations backwards and hands each one's gradient on to its operands. */
    private void sweep() {
        for (int i = program.nodes().size() - 1; i >= 0; i--) {
            Program.Node node = program.nodes().get(i);
            Tensor gradient = gradients.get(node.results().get(0));
            if (node.results().stream().noneMatch(active::contains) || !isDifferentiable(node) || gradient == null) {
                continue;
            }
            List<Tensor> operandGradients = node.op()
                    .gradient(
                            gradient,
                            node.operands().stream().map(this::forwardValue).toList(),
                            node.results().stream().map(this::forwardValue).toList());
            for (int k = 0; k < operandGradients.size(); k++) {
                if (active.contains(node.operands().get(k))) {
                    add(node.operands().get(k), operandGradients.get(k), node);
                }
            }
        }
    }

    /** Notes a problem if a gradient arrives at an operation that cannot hand it on. */
    private boolean isDifferentiable(Program.Node node) {
        boolean asked = node.results().stream().anyMatch(gradients::containsKey);
        if (asked && !node.op().hasGradient()) {
            problems.add("%s has no gradient rule".formatted(node.op()));
        } else if (node.results().stream().skip(1).anyMatch(gradients::containsKey)) {
            problems.add("%s has a gradient rule for its first result only".formatted(node.op()));
        } else {
            return true;
        }
        return false;
    }

    /** Marks what depends on a wanted input; only that has gradients. */
    private void activate(List<String> returned, Collection<String> accumulated) {
        for (Program.Input input : program.inputs()) {
            if (returned.contains(input.name()) || accumulated.contains(input.name())) {
                active.add(input.id());
            }
        }
        for (Program.Node node : program.nodes()) {
            if (!node.op().equals(Elementwise.DETACH)
                    && node.operands().stream().anyMatch(active::contains)) {
                active.addAll(node.results());
            }
        }
    }

    private void add(int id, @Nullable Tensor gradient, Program.Node node) {
        if (gradient == null) {
            problems.add("%s passes no gradient on to %s".formatted(node.op(), forwardValue(id)));
        } else {
            gradients.merge(id, gradient, Tensor::add);
        }
    }

    private Tensor forwardValue(int id) {
        Tensor value = forward.get(id);
        if (value == null) {
            throw new IllegalStateException("value %d is used before it is computed".formatted(id));
        }
        return value;
    }

    private Program.Input input(String name) {
        return program.inputs().stream()
                .filter(input -> input.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /**
     * Copies what the gradients need into a program of its own, in which kept values are inputs.
     *
     * <p>All inputs of the forward program are declared; those that backward does not need are left out again.
     */
    private static final class Backward {
        private final Recording recording = new Recording();
        private final Recomputation plan;
        private final Map<Integer, Tensor> emitted = new HashMap<>();

        Backward(Recomputation plan, Collection<Tensor> inputs) {
            this.plan = plan;
            inputs.forEach(this::emit);
        }

        Tensor emit(Tensor value) {
            Tensor known = emitted.get(value.id());
            if (known != null) {
                return known;
            }
            int kept = plan.kept().indexOf(value);
            if (kept >= 0) {
                return remember(value, recording.input("kept." + kept, value.type()));
            }
            Recording joint = value.recording();
            Program.@Nullable Input input = joint.inputOf(value);
            if (input != null) {
                return remember(value, recording.input(input.name(), input.type()));
            }
            Program.Node node = joint.producer(value);
            List<Tensor> results = recording.applyAll(
                    node.op(),
                    node.operands().stream().map(id -> emit(joint.value(id))).toArray(Tensor[]::new));
            for (int k = 0; k < results.size(); k++) {
                emitted.putIfAbsent(node.results().get(k), results.get(k));
            }
            return Objects.requireNonNull(emitted.get(value.id()));
        }

        Program.Addition addition(String name, Tensor gradient) {
            Tensor sum = recording.input("sum." + name, gradient.type());
            return new Program.Addition(sum.id(), emit(gradient).id());
        }

        private Tensor remember(Tensor joint, Tensor own) {
            emitted.put(joint.id(), own);
            return own;
        }
    }
}
