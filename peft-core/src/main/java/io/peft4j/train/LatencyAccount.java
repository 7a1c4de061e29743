package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The time that adapters add to requests to a base model, adapter by adapter and as a composition.
 *
 * <p>The base model alone and every selection answer each request in turn, each of them first as often as any other: what else
 * the machine does meets all alike. Times are medians. {@link Selection#none()} among the selections shows how far they can
 * be trusted.
 */
public final class LatencyAccount {

    /** Requests that are answered before any is timed: programs are compiled and kernels picked by then. */
    private static final int WARMUP = 20;

    private final BaseModel base;
    private final List<Batch> requests;

    /**
     * Prepares an account.
     *
     * @param requests what is asked, each once by every selection
     * @throws IllegalArgumentException if there is no request
     */
    public LatencyAccount(BaseModel base, List<Batch> requests) {
        if (requests.isEmpty()) {
            throw new IllegalArgumentException("latency needs at least one request to measure");
        }
        this.base = base;
        this.requests = List.copyOf(requests);
    }

    /** Returns what each adapter of a selection adds alone, and last what the selection adds. */
    public List<AddedLatency> perAdapter(Selection selection) {
        Stream<Selection> alone = selection.adapters().stream()
                .filter(adapter -> !adapter.adaptation().combines())
                .map(Selection::of)
                .filter(one -> !one.equals(selection));
        return of(Stream.concat(alone, Stream.of(selection)).toList());
    }

    /** Returns what each adapter adds alone. */
    public List<AddedLatency> of(Adapter... adapters) {
        return of(Stream.of(adapters).map(Selection::of).toList());
    }

    /** Returns what each selection adds, in their order. */
    public List<AddedLatency> of(List<Selection> selections) {
        List<Selection> all = new ArrayList<>(List.of(Selection.none()));
        all.addAll(selections);
        List<List<Double>> times =
                all.stream().<List<Double>>map(selection -> new ArrayList<>()).toList();
        for (int i = 0; i < WARMUP + requests.size(); i++) {
            Batch request = requests.get(i % requests.size());
            for (int j = 0; j < all.size(); j++) {
                int next = (i + j) % all.size();
                double milliseconds = milliseconds(all.get(next), request);
                if (i >= WARMUP) {
                    times.get(next).add(milliseconds);
                }
            }
        }
        double without = median(times.get(0));
        List<AddedLatency> added = new ArrayList<>();
        for (int i = 1; i < all.size(); i++) {
            added.add(new AddedLatency(all.get(i), median(times.get(i)), without));
        }
        return added;
    }

    private double milliseconds(Selection selection, Batch request) {
        long begin = System.nanoTime();
        try (NDManager scratch = base.newManager()) {
            for (Map<String, NDArray> outputs : selection.forwardEach(base, scratch, request.inputs(scratch))) {
                // A device computes on its own until a result is asked for.
                NativeTensors.toFloats(Collections.min(outputs.values(), Comparator.comparingLong(NDArray::size)));
            }
        }
        return (System.nanoTime() - begin) / 1e6;
    }

    private static double median(List<Double> values) {
        Collections.sort(values);
        return (values.get((values.size() - 1) / 2) + values.get(values.size() / 2)) / 2;
    }
}
