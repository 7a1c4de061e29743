package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Network.Argument;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The values of a network while it runs once; each is freed when its last user is done. */
final class Activations {

    private final Network network;
    private final NDManager owner;
    private final TensorSource source;
    private final long seed;
    private final @Nullable NDArray[] values;
    private final int[] uses;
    private final boolean[] owned;

    /**
     * Starts a run.
     *
     * @param owner the manager that everything computed is attached to
     * @param uses how often each value will be used; one more for those that must stay
     */
    Activations(
            Network network, NDManager owner, TensorSource source, Map<String, NDArray> inputs, long seed, int[] uses) {
        this.network = network;
        this.owner = owner;
        this.source = source;
        this.seed = seed;
        this.values = new NDArray[network.values().size()];
        this.uses = uses.clone();
        this.owned = new boolean[values.length];
        InputCheck.of(network, inputs);
        network.inputs().forEach(input -> values[input.value()] = inputs.get(input.name()));
    }

    NDManager owner() {
        return owner;
    }

    NDArray value(int number) {
        return Objects.requireNonNull(values[number], () -> "value %d is not there any more".formatted(number));
    }

    /** Returns what to pass for an input of the program of stage {@code index}. */
    NDArray argument(Argument argument, int index) {
        if (argument instanceof Argument.Value value) {
            return value(value.number());
        }
        return source.tensor(argument).orElseGet(() -> owner.create(mix(seed, index)));
    }

    /** Takes values that somebody else frees. */
    void lend(List<Integer> numbers, List<NDArray> results) {
        for (int i = 0; i < numbers.size(); i++) {
            values[numbers.get(i)] = results.get(i);
        }
    }

    /** Takes the results of a stage. */
    void put(List<Integer> numbers, List<NDArray> results) {
        for (int i = 0; i < numbers.size(); i++) {
            values[numbers.get(i)] = results.get(i);
            owned[numbers.get(i)] = true;
            freeIfUnused(numbers.get(i));
        }
    }

    /** Notes that a stage has used its arguments once more. */
    void release(List<Argument> arguments) {
        for (Argument argument : arguments) {
            if (argument instanceof Argument.Value value) {
                uses[value.number()]--;
                freeIfUnused(value.number());
            }
        }
    }

    /** Returns the named results. */
    NDArray output(String name) {
        return value(network.output(name));
    }

    private void freeIfUnused(int number) {
        NDArray value = values[number];
        if (uses[number] <= 0 && owned[number] && value != null) {
            value.close();
            values[number] = null;
        }
    }

    /** Returns a seed for each stage; SplitMix64's finaliser, so that neighbours share no bits. */
    private static long mix(long seed, int index) {
        long z = seed + (index + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return (z ^ (z >>> 31)) >>> 2;
    }
}
