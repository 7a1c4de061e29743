package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Network.Argument;
import io.peft4j.program.Kernels;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A network compiled to run forward and backward; any number of threads may run it at once.
 *
 * <p>Stages that nothing trainable comes before run forward only and keep nothing. A checkpointed stage keeps little
 * more than its arguments and computes the rest once more before it runs backward.
 */
public final class GradientPass {

    /** Hears how long each program call took. */
    public interface Observer {

        /**
         * Called after each program call.
         *
         * @param stage the number of the stage
         * @param backward whether it ran backward
         * @param nanoseconds how long it took
         */
        void ran(int stage, boolean backward, long nanoseconds);
    }

    private final Network network;
    private final String loss;
    private final List<DifferentiatedStage> stages;
    private final FrozenPrefix prefix;
    private final int[] uses;

    /**
     * Differentiates and compiles a network.
     *
     * @param loss the name of the scalar result to differentiate
     */
    public GradientPass(Network network, String loss, Kernels kernels) {
        this.network = network;
        this.loss = loss;
        this.stages = differentiate(kernels);
        this.prefix = FrozenPrefix.of(network, stages);
        this.uses = countUses();
    }

    private GradientPass(GradientPass other, List<DifferentiatedStage> stages) {
        this.network = other.network;
        this.loss = other.loss;
        this.stages = stages;
        this.prefix = other.prefix;
        this.uses = countUses();
    }

    /** Returns the same pass in which the stages of some numbers are checkpointed, and no others. */
    public GradientPass checkpointing(Set<Integer> numbers) {
        List<DifferentiatedStage> changed = new ArrayList<>();
        for (int i = 0; i < stages.size(); i++) {
            changed.add(stages.get(i).checkpointed(numbers.contains(i)));
        }
        return new GradientPass(this, List.copyOf(changed));
    }

    /** Returns what runs. */
    public Network network() {
        return network;
    }

    /** Returns the stages as they are differentiated. */
    public List<DifferentiatedStage> stages() {
        return stages;
    }

    /** Returns the stages before anything that trains, whose results depend on the batch alone. */
    public FrozenPrefix prefix() {
        return prefix;
    }

    int lossValue() {
        return network.output(loss);
    }

    int[] uses() {
        return uses.clone();
    }

    /**
     * Runs the frozen prefix; returns its results, which {@link #run} takes.
     *
     * @param owner the manager that the results are attached to
     */
    public List<NDArray> runPrefix(NDManager owner, TensorSource source, Map<String, NDArray> inputs) {
        int[] staying = uses.clone();
        prefix.values().forEach(value -> staying[value]++);
        Activations activations = new Activations(network, owner, source, inputs, 0, staying);
        for (int i : prefix.order()) {
            stages.get(i).forward(activations, i);
        }
        return prefix.values().stream().map(activations::value).toList();
    }

    /**
     * Runs forward and backward once.
     *
     * @param owner the manager that everything computed is attached to
     * @param inputs the tensors of the batch by name
     * @param prefixResults what {@link #runPrefix} gives for these inputs, now or earlier; they stay open
     * @param seed decides the dropout masks
     * @param sums the buffer that the gradient of a parameter is added to, by slot and name
     * @return the loss
     */
    public NDArray run(
            NDManager owner,
            TensorSource source,
            Map<String, NDArray> inputs,
            List<NDArray> prefixResults,
            long seed,
            BiFunction<Integer, String, NDArray> sums,
            Observer observer) {
        Activations activations = new Activations(network, owner, source, inputs, seed, uses);
        activations.lend(prefix.values(), prefixResults);
        List<List<NDArray>> kept = new ArrayList<>();
        for (int i = 0; i < stages.size(); i++) {
            long begin = System.nanoTime();
            kept.add(prefix.stages().contains(i) ? List.of() : stages.get(i).forward(activations, i));
            observer.ran(i, false, System.nanoTime() - begin);
        }
        @Nullable NDArray[] gradients = new NDArray[network.values().size()];
        gradients[network.output(loss)] = owner.create(1f);
        for (int i = stages.size() - 1; i >= 0; i--) {
            if (stages.get(i).isDifferentiated()) {
                long begin = System.nanoTime();
                backward(activations, i, kept.get(i), gradients, sums);
                observer.ran(i, true, System.nanoTime() - begin);
            }
        }
        return activations.output(loss);
    }

    private void backward(
            Activations activations,
            int index,
            List<NDArray> kept,
            @Nullable NDArray[] gradients,
            BiFunction<Integer, String, NDArray> sums) {
        DifferentiatedStage stage = stages.get(index);
        List<NDArray> results = stage.backward(activations, index, kept, gradients, sums);
        for (int value : stage.stage().results()) {
            NDArray used = gradients[value];
            if (used != null) {
                used.close();
                gradients[value] = null;
            }
        }
        for (int k = 0; k < results.size(); k++) {
            int value = stage.returned().get(k);
            NDArray earlier = gradients[value];
            if (earlier == null) {
                gradients[value] = results.get(k);
            } else {
                gradients[value] = NativeTensors.add(activations.owner(), earlier, results.get(k));
                earlier.close();
                results.get(k).close();
            }
        }
    }

    /** Finds which values depend on a trainable parameter, then, from the last stage on, which gradients are asked for. */
    private List<DifferentiatedStage> differentiate(Kernels kernels) {
        Set<Integer> dependent = new TreeSet<>();
        for (Network.Stage stage : network.stages()) {
            Set<String> sources = new TreeSet<>();
            for (int i = 0; i < stage.arguments().size(); i++) {
                Argument argument = stage.arguments().get(i);
                if (isTrainable(argument)
                        || (argument instanceof Argument.Value value && dependent.contains(value.number()))) {
                    sources.add(stage.program().inputNames().get(i));
                }
            }
            stage.program()
                    .dependents(sources)
                    .forEach(k -> dependent.add(stage.results().get(k)));
        }
        Set<Integer> wanted = new TreeSet<>(Set.of(network.output(loss)));
        List<DifferentiatedStage> differentiated = new ArrayList<>();
        for (int i = network.stages().size() - 1; i >= 0; i--) {
            Network.Stage stage = network.stages().get(i);
            boolean asked = stage.results().stream().anyMatch(wanted::contains)
                    && stage.results().stream().anyMatch(dependent::contains);
            DifferentiatedStage next = asked
                    ? DifferentiatedStage.of(stage, wanted, dependent, this::isTrainable, kernels)
                    : DifferentiatedStage.forwardOnly(stage, kernels);
            wanted.addAll(next.returned());
            differentiated.add(next);
        }
        Collections.reverse(differentiated);
        return List.copyOf(differentiated);
    }

    private boolean isTrainable(Argument argument) {
        return argument instanceof Argument.Parameter parameter
                && network.parameters().stream()
                        .anyMatch(spec -> spec.trainable()
                                && spec.slot() == parameter.slot()
                                && spec.name().equals(parameter.name()));
    }

    private int[] countUses() {
        int[] counts = new int[network.values().size()];
        counts[network.output(loss)]++;
        for (DifferentiatedStage stage : stages) {
            for (Argument argument : stage.allUses()) {
                if (argument instanceof Argument.Value value) {
                    counts[value.number()]++;
                }
            }
        }
        return counts;
    }
}
