package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.Network.Argument;
import io.peft4j.program.CompiledProgram;
import io.peft4j.program.Differentiation;
import io.peft4j.program.Kernels;
import io.peft4j.program.Program;
import io.peft4j.program.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One program call with its backward program, or forward only where nothing trains. */
public final class DifferentiatedStage {

    private final Network.Stage stage;
    private final CompiledProgram plain;
    private final Differentiation.@Nullable Result result;
    private final @Nullable CompiledProgram extended;
    private final @Nullable CompiledProgram backward;
    private final List<Integer> returned;
    private final boolean checkpointed;

    private DifferentiatedStage(
            Network.Stage stage, Differentiation.@Nullable Result result, List<Integer> returned, Kernels kernels) {
        this.stage = stage;
        this.result = result;
        this.returned = returned;
        this.checkpointed = false;
        this.plain = CompiledProgram.of(stage.program(), kernels);
        this.extended = result == null ? null : CompiledProgram.of(result.forward(), kernels);
        this.backward = result == null ? null : CompiledProgram.of(result.backward(), kernels);
    }

    private DifferentiatedStage(DifferentiatedStage other, boolean checkpointed) {
        this.stage = other.stage;
        this.plain = other.plain;
        this.result = other.result;
        this.extended = other.extended;
        this.backward = other.backward;
        this.returned = other.returned;
        this.checkpointed = checkpointed;
    }

    /** Returns the same stage, checkpointed or not; one that only runs forward never is. */
    DifferentiatedStage checkpointed(boolean value) {
        return new DifferentiatedStage(this, value && isDifferentiated());
    }

    static DifferentiatedStage forwardOnly(Network.Stage stage, Kernels kernels) {
        return new DifferentiatedStage(stage, null, List.of(), kernels);
    }

    /**
     * Differentiates a stage.
     *
     * @param wanted values whose gradient later stages hand on
     * @param dependent values that depend on something trainable, which therefore want a gradient
     */
    static DifferentiatedStage of(
            Network.Stage stage,
            Set<Integer> wanted,
            Set<Integer> dependent,
            Predicate<Argument> trainable,
            Kernels kernels) {
        Map<String, Integer> returned = new LinkedHashMap<>();
        List<String> accumulated = new ArrayList<>();
        for (int i = 0; i < stage.arguments().size(); i++) {
            Argument argument = stage.arguments().get(i);
            String name = stage.program().inputNames().get(i);
            if (argument instanceof Argument.Value value && dependent.contains(value.number())) {
                returned.put(name, value.number());
            } else if (trainable.test(argument)) {
                accumulated.add(name);
            }
        }
        Set<Integer> differentiated = new TreeSet<>();
        for (int k = 0; k < stage.results().size(); k++) {
            if (wanted.contains(stage.results().get(k))) {
                differentiated.add(k);
            }
        }
        return new DifferentiatedStage(
                stage,
                derive(stage, differentiated, List.copyOf(returned.keySet()), accumulated),
                List.copyOf(returned.values()),
                kernels);
    }

    private static Differentiation.Result derive(
            Network.Stage stage, Set<Integer> differentiated, List<String> returned, List<String> accumulated) {
        try {
            return Differentiation.of(stage.program(), differentiated, returned, accumulated);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s".formatted(stage.path(), e.getMessage()), e);
        }
    }

    /** Returns the call. */
    public Network.Stage stage() {
        return stage;
    }

    /** Returns whether it has a backward program. */
    public boolean isDifferentiated() {
        return result != null;
    }

    /** Returns whether it keeps its arguments alone. */
    public boolean isCheckpointed() {
        return checkpointed;
    }

    /** Returns the types of what it keeps between forward and backward, its arguments aside. */
    public List<TensorType> kept() {
        return result == null || checkpointed ? List.of() : result.kept();
    }

    /** Returns what forward takes beyond its arguments at its fullest, in bytes, for given sizes. */
    long forwardBytes(Map<String, Long> sizes) {
        return (result == null || checkpointed ? stage.program() : result.forward()).workingBytes(sizes);
    }

    /** Returns what backward takes beyond its arguments at its fullest, in bytes, for given sizes. */
    long backwardBytes(Map<String, Long> sizes) {
        if (result == null) {
            return 0;
        }
        long again = checkpointed ? result.forward().workingBytes(sizes) : 0;
        return Math.max(
                again, (checkpointed ? keptBytes(sizes) : 0) + result.backward().workingBytes(sizes));
    }

    /** Returns the size of what would be kept if the stage were not checkpointed. */
    private long keptBytes(Map<String, Long> sizes) {
        return result == null
                ? 0
                : result.kept().stream().mapToLong(type -> type.bytes(sizes)).sum();
    }

    /** Returns the numbers of the values whose gradients backward returns. */
    List<Integer> returned() {
        return returned;
    }

    /** Returns every use of an argument: in forward, in forward once more if checkpointed, and in backward. */
    List<Argument> allUses() {
        List<Argument> uses = new ArrayList<>(stage.arguments());
        if (result != null) {
            uses.addAll(backwardUses());
        }
        return uses;
    }

    /** Runs forward; returns what is kept for backward. */
    List<NDArray> forward(Activations activations, int index) {
        List<NDArray> kept = List.of();
        if (result == null || extended == null || checkpointed) {
            List<NDArray> results = plain.run(activations.owner(), arguments(stage.program(), activations, index));
            activations.put(stage.results(), results);
        } else {
            List<NDArray> results = extended.run(activations.owner(), arguments(result.forward(), activations, index));
            int outputs = stage.results().size();
            activations.put(stage.results(), results.subList(0, outputs));
            kept = results.subList(outputs, results.size());
        }
        activations.release(stage.arguments());
        return kept;
    }

    /** Runs backward; returns the gradients of {@link #returned}. */
    List<NDArray> backward(
            Activations activations,
            int index,
            List<NDArray> keptByForward,
            @Nullable NDArray[] gradients,
            BiFunction<Integer, String, NDArray> sums) {
        Program program = Objects.requireNonNull(result).backward();
        List<NDArray> kept = checkpointed ? recompute(activations, index) : keptByForward;
        List<NDArray> arguments = new ArrayList<>();
        for (String name : program.inputNames()) {
            if (name.startsWith("kept.")) {
                arguments.add(kept.get(number(name)));
            } else if (name.startsWith("gradient.")) {
                int value = stage.results().get(number(name));
                arguments.add(Objects.requireNonNull(gradients[value], () -> "no gradient of value " + value));
            } else if (name.startsWith("sum.")) {
                Argument.Parameter parameter = (Argument.Parameter) argumentOf(name.substring("sum.".length()));
                arguments.add(sums.apply(parameter.slot(), parameter.name()));
            } else {
                arguments.add(activations.argument(argumentOf(name), index));
            }
        }
        List<NDArray> results = Objects.requireNonNull(backward).run(activations.owner(), arguments);
        kept.forEach(NDArray::close);
        activations.release(backwardUses());
        return results;
    }

    private List<NDArray> recompute(Activations activations, int index) {
        Program program = Objects.requireNonNull(result).forward();
        List<NDArray> results =
                Objects.requireNonNull(extended).run(activations.owner(), arguments(program, activations, index));
        int outputs = stage.results().size();
        results.subList(0, outputs).forEach(NDArray::close);
        return results.subList(outputs, results.size());
    }

    List<Argument> backwardUses() {
        List<Argument> uses = new ArrayList<>();
        Objects.requireNonNull(result).backward().inputNames().stream()
                .filter(name -> stage.program().inputNames().contains(name))
                .forEach(name -> uses.add(argumentOf(name)));
        if (checkpointed) {
            uses.addAll(stage.arguments());
        }
        return uses;
    }

    /** Returns arguments by this stage's own names: an equal program that was compiled for another stage has others. */
    private List<NDArray> arguments(Program program, Activations activations, int index) {
        return program.inputNames().stream()
                .map(name -> activations.argument(argumentOf(name), index))
                .toList();
    }

    private Argument argumentOf(String name) {
        return stage.arguments().get(stage.program().inputNames().indexOf(name));
    }

    private static int number(String name) {
        return Integer.parseInt(name.substring(name.indexOf('.') + 1));
    }
}
