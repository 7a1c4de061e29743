package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Network.Argument;
import io.peft4j.program.Checkpoint;
import io.peft4j.program.CompiledProgram;
import io.peft4j.program.Differentiation;
import io.peft4j.program.Kernels;
import io.peft4j.program.Packing;
import io.peft4j.program.Program;
import io.peft4j.program.TensorType;
import java.util.ArrayList;
import java.util.Iterator;
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

    private static final String KEPT = "kept.";

    private final Network.Stage stage;
    private final Kernels kernels;
    private final Differentiation.@Nullable Result result;
    private final List<Integer> returned;
    private final @Nullable Checkpoint checkpoint;
    private final Call forward;
    private final @Nullable Call again;
    private final @Nullable Call backward;

    /** A program of this stage, compiled; an equal one that was compiled for another stage has other names for its inputs. */
    private record Call(CompiledProgram compiled, Packing packing) {

        List<String> names() {
            return packing.program().inputNames();
        }

        List<NDArray> run(NDManager owner, List<NDArray> arguments) {
            return compiled.run(owner, arguments);
        }
    }

    private DifferentiatedStage(
            Network.Stage stage,
            Kernels kernels,
            Differentiation.@Nullable Result result,
            List<Integer> returned,
            @Nullable Checkpoint checkpoint) {
        this.stage = stage;
        this.kernels = kernels;
        this.result = result;
        this.returned = returned;
        this.checkpoint = checkpoint;
        this.forward = call(forwardProgram());
        this.again = checkpoint == null ? null : call(checkpoint.again());
        this.backward = result == null ? null : call(result.backward());
    }

    private Call call(Program program) {
        Packing packing = kernels.packs() ? Packing.of(program, stage.frozen()) : Packing.none(program);
        return new Call(CompiledProgram.of(packing.program(), kernels), packing);
    }

    /** Returns the same stage, checkpointed or not; one that only runs forward never is. */
    DifferentiatedStage checkpointed(boolean value) {
        return value == isCheckpointed()
                ? this
                : new DifferentiatedStage(
                        stage, kernels, result, returned, value && result != null ? Checkpoint.of(result) : null);
    }

    static DifferentiatedStage forwardOnly(Network.Stage stage, Kernels kernels) {
        return new DifferentiatedStage(stage, kernels, null, List.of(), null);
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
                kernels,
                derive(stage, differentiated, List.copyOf(returned.keySet()), accumulated),
                List.copyOf(returned.values()),
                null);
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

    /** Returns whether it computes most of what backward needs once more. */
    public boolean isCheckpointed() {
        return checkpoint != null;
    }

    /** Returns the types of what it keeps between forward and backward, its arguments aside. */
    public List<TensorType> kept() {
        if (result == null) {
            return List.of();
        }
        List<TensorType> all = result.kept();
        return checkpoint == null
                ? all
                : checkpoint.spared().stream().map(all::get).toList();
    }

    private Program forwardProgram() {
        return checkpoint != null ? checkpoint.forward() : result != null ? result.forward() : stage.program();
    }

    /** Returns what forward takes beyond its arguments at its fullest, in bytes, for given sizes. */
    long forwardBytes(Map<String, Long> sizes) {
        return forwardProgram().workingBytes(sizes);
    }

    /** Returns what backward takes beyond its arguments and what was kept at its fullest, in bytes, for given sizes. */
    long backwardBytes(Map<String, Long> sizes) {
        if (result == null) {
            return 0;
        }
        long last = result.backward().workingBytes(sizes);
        if (checkpoint == null) {
            return last;
        }
        long computedAgain = bytes(result.kept(), sizes) - bytes(kept(), sizes);
        return Math.max(checkpoint.again().workingBytes(sizes), computedAgain + last);
    }

    private static long bytes(List<TensorType> types, Map<String, Long> sizes) {
        return types.stream().mapToLong(type -> type.bytes(sizes)).sum();
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
        List<NDArray> results =
                forward.run(activations.owner(), arguments(forward, activations, index, new NDArray[0]));
        int outputs = stage.results().size();
        activations.put(stage.results(), results.subList(0, outputs));
        activations.release(stage.arguments());
        return results.subList(outputs, results.size());
    }

    /** Runs backward; returns the gradients of {@link #returned}. */
    List<NDArray> backward(
            Activations activations,
            int index,
            List<NDArray> keptByForward,
            @Nullable NDArray[] gradients,
            BiFunction<Integer, String, NDArray> sums) {
        Call call = Objects.requireNonNull(this.backward);
        List<NDArray> kept = checkpoint == null ? keptByForward : complete(keptByForward, activations, index);
        List<NDArray> arguments = new ArrayList<>();
        for (String name : call.names()) {
            if (name.startsWith(KEPT)) {
                arguments.add(kept.get(number(name)));
            } else if (name.startsWith("gradient.")) {
                int value = stage.results().get(number(name));
                arguments.add(Objects.requireNonNull(gradients[value], () -> "no gradient of value " + value));
            } else if (name.startsWith("sum.")) {
                Argument.Parameter parameter = (Argument.Parameter) argumentOf(name.substring("sum.".length()));
                arguments.add(sums.apply(parameter.slot(), parameter.name()));
            } else {
                arguments.add(activations.argument(argumentOf(name, call), index));
            }
        }
        List<NDArray> results = call.run(activations.owner(), arguments);
        kept.forEach(NDArray::close);
        activations.release(backwardUses());
        return results;
    }

    /** Returns everything that backward needs: what was spared, and the rest computed again. */
    private List<NDArray> complete(List<NDArray> spared, Activations activations, int index) {
        Checkpoint own = Objects.requireNonNull(checkpoint);
        @Nullable
        NDArray[] kept = new NDArray[Objects.requireNonNull(result).kept().size()];
        for (int i = 0; i < spared.size(); i++) {
            kept[own.spared().get(i)] = spared.get(i);
        }
        Call call = Objects.requireNonNull(again);
        Iterator<NDArray> computed = call.run(activations.owner(), arguments(call, activations, index, kept))
                .iterator();
        List<NDArray> all = new ArrayList<>();
        for (@Nullable NDArray known : kept) {
            all.add(known == null ? computed.next() : known);
        }
        return all;
    }

    List<Argument> backwardUses() {
        List<Argument> uses = new ArrayList<>();
        Objects.requireNonNull(result).backward().inputNames().stream()
                .filter(name -> stage.program().inputNames().contains(name))
                .forEach(name -> uses.add(argumentOf(name)));
        if (checkpoint != null) {
            uses.addAll(stage.arguments());
        }
        return uses;
    }

    private List<NDArray> arguments(Call call, Activations activations, int index, @Nullable NDArray[] kept) {
        return call.names().stream()
                .map(name -> name.startsWith(KEPT)
                        ? Objects.requireNonNull(kept[number(name)])
                        : activations.argument(argumentOf(name, call), index))
                .toList();
    }

    private Argument argumentOf(String name, Call call) {
        return stage.argument(name, call.packing().weights().get(name));
    }

    private Argument argumentOf(String name) {
        return stage.argument(name, null);
    }

    private static int number(String name) {
        return Integer.parseInt(name.substring(name.indexOf('.') + 1));
    }
}
