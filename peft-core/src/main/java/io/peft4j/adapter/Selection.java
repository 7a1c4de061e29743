package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Which adapters a computation uses, and how they work together: a value that is passed to it, so nothing is switched and
 * nobody has to wait.
 *
 * <pre>
 * none()                       the base model alone
 * of(a)                        one adapter
 * stack(a, b)                  one after another: sums of updates of linears, bottlenecks through bottlenecks
 * average(a, b)                the mean of what they do
 * of(a).skipLayers([0, 1])     but for some layers of the model
 * fuse(f, a, b)                sub-layer outputs combined by a trained fusion
 * parallel(a, b)               several results from one pass
 * batchSplit([2, 3], a, b)     two rows through a, three through b
 * perRow(a, b, none())         a choice for each row
 * </pre>
 *
 * <p>Parts are selections again. What does not go together is an error with its reason when the value is made.
 */
public final class Selection {

    private static final Selection NONE = new Selection(new Composition.None());

    private final Composition composition;
    private final List<Adapter> adapters;

    private Selection(Composition composition) {
        this.composition = composition;
        this.adapters = composition.adapters();
    }

    /** Returns the base model alone. */
    public static Selection none() {
        return NONE;
    }

    /** Returns one adapter. */
    public static Selection of(Adapter adapter) {
        return new Selection(new Composition.One(adapter));
    }

    /**
     * Returns selections one after another.
     *
     * @throws IllegalArgumentException if an adapter repeats
     */
    public static Selection stack(Selection... parts) {
        return new Selection(new Stack(compositions(parts)));
    }

    /** Returns adapters one after another. */
    public static Selection stack(Adapter... adapters) {
        return stack(each(adapters));
    }

    /** Returns the mean of what selections do. */
    public static Selection average(Selection... parts) {
        return average(Collections.nCopies(parts.length, 1.0), parts);
    }

    /** Returns the mean of what adapters do. */
    public static Selection average(Adapter... adapters) {
        return average(each(adapters));
    }

    /**
     * Returns the weighted mean of what selections do.
     *
     * @param weights relative to their sum
     */
    public static Selection average(List<Double> weights, Selection... parts) {
        return new Selection(new Average(compositions(parts), weights));
    }

    /**
     * Returns sub-layer outputs of selections, combined by a trained fusion.
     *
     * @throws IllegalArgumentException if {@code fusion} combines nothing, or a part has more than sub-layer outputs
     */
    public static Selection fuse(Adapter fusion, Selection... parts) {
        return new Selection(new Fuse(fusion, compositions(parts)));
    }

    /** Returns sub-layer outputs of adapters, combined by a trained fusion. */
    public static Selection fuse(Adapter fusion, Adapter... adapters) {
        return fuse(fusion, each(adapters));
    }

    /** Returns a selection that leaves some layers of the model as they are (AdapterDrop, Rücklé et al. 2021). */
    public Selection skipLayers(Collection<Integer> layers) {
        return new Selection(new Skip(new TreeSet<>(layers), composition));
    }

    /** Returns selections side by side, each with a result of its own; see {@link #forwardEach}. */
    public static Selection parallel(Selection... parts) {
        return new Selection(new Parallel(compositions(parts)));
    }

    /** Returns adapters side by side, each with a result of its own; see {@link #forwardEach}. */
    public static Selection parallel(Adapter... adapters) {
        return parallel(each(adapters));
    }

    /**
     * Returns a split of a batch.
     *
     * @param sizes how many rows each part gets, in order
     */
    public static Selection batchSplit(List<Integer> sizes, Selection... parts) {
        return new Selection(new Rows(compositions(parts), sizes));
    }

    /** Returns a choice for each row of a batch. */
    public static Selection perRow(List<Selection> rows) {
        return batchSplit(Collections.nCopies(rows.size(), 1), rows.toArray(Selection[]::new));
    }

    /** Returns a choice for each row of a batch. */
    public static Selection perRow(Selection... rows) {
        return perRow(List.of(rows));
    }

    /** Returns the adapters in it by slot, each once. */
    public List<Adapter> adapters() {
        return adapters;
    }

    /** Returns how many tasks all adapters serve that serve several; 0 if no text needs to say which it is of. */
    public int tasks() {
        return adapters.stream()
                .mapToInt(adapter -> adapter.config().tasks())
                .filter(tasks -> tasks > 0)
                .min()
                .orElse(0);
    }

    /** Returns how many positions of the base model virtual tokens take from a text at most. */
    public int positions() {
        return composition.positions();
    }

    /** Returns whether it is the same for all rows of a batch, with one result. */
    public boolean isUniform() {
        return composition.isUniform();
    }

    /**
     * Returns what the adapters change together.
     *
     * @throws IllegalStateException if that differs by row
     */
    public Adaptation adaptation() {
        return composition.adaptation(adapters);
    }

    /** Returns a tensor of the adapter in a slot. */
    public NDArray parameter(int slot, String name) {
        return adapters.get(slot).parameter(name);
    }

    /**
     * Computes a model's outputs with these adapters.
     *
     * @param owner the manager that the results are attached to
     * @param inputs the tensors of the batch by name
     * @throws IllegalStateException if there are several results
     */
    public Map<String, NDArray> forward(BaseModel base, NDManager owner, Map<String, NDArray> inputs) {
        if (isUniform()) {
            return base.forward(owner, adaptation(), this::parameter, inputs);
        }
        List<Map<String, NDArray>> results = forwardEach(base, owner, inputs);
        if (results.size() > 1) {
            throw new IllegalStateException("%s has %d results: use forwardEach".formatted(this, results.size()));
        }
        return results.get(0);
    }

    /**
     * Computes a model's outputs for each result, of which only {@link #parallel} has several.
     *
     * <p>Adapters of linears and sub-layers share one pass over the rows; others, such as prompts, take a pass for each.
     *
     * @param owner the manager that the results are attached to
     * @param inputs the tensors of the batch by name
     */
    public List<Map<String, NDArray>> forwardEach(BaseModel base, NDManager owner, Map<String, NDArray> inputs) {
        if (isUniform()) {
            return List.of(forward(base, owner, inputs));
        }
        base.checkBatch(positions(), inputs);
        int rows = Math.toIntExact(inputs.values().iterator().next().getShape().get(0));
        return new RowPasses(base, composition.lanes(rows)).run(owner, inputs);
    }

    /** Returns the value as an expression, such as {@code stack(language, task)}. */
    @Override
    public String toString() {
        return composition.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Selection selection && composition.equals(selection.composition);
    }

    @Override
    public int hashCode() {
        return Objects.hash(composition);
    }

    private static List<Composition> compositions(Selection... parts) {
        return Stream.of(parts).map(part -> part.composition).toList();
    }

    private static Selection[] each(Adapter... adapters) {
        return Stream.of(adapters).map(Selection::of).toArray(Selection[]::new);
    }
}
