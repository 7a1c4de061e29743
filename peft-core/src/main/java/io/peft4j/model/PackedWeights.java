package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Network.Argument.PackedWeight;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.Packing;
import io.peft4j.program.ProcessMemory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Packed copies of a model's weights, each made when it is first asked for and kept as long as the model. */
final class PackedWeights {

    /** Packing takes as long as what packed weights save in so many tokens. */
    private static final int TOKENS = 64;

    /** The copies may take one part of so many of the memory that is available. */
    private static final int SHARE = 4;

    /** Having packed so many bytes, what was read of the file goes: the copies stand for it. */
    private static final long READ_AT_ONCE = 64L << 20;

    private final Weights weights;
    private final NDManager manager;
    private final Map<PackedWeight, NDArray> packed = new ConcurrentHashMap<>();
    private final AtomicLong tokens = new AtomicLong();
    private final AtomicLong read = new AtomicLong();

    /**
     * Starts without any copy.
     *
     * @param manager owns the copies
     */
    PackedWeights(Weights weights, NDManager manager) {
        this.weights = weights;
        this.manager = manager;
    }

    /** Notes that so many more tokens will be generated. */
    void expect(int more) {
        tokens.addAndGet(more);
    }

    /** Returns whether so much was or will be generated that copies pay, and there is memory for them. */
    boolean pay() {
        return !packed.isEmpty() || (tokens.get() >= TOKENS && weights.bytes() <= ProcessMemory.available() / SHARE);
    }

    /** Returns the copy of some weights. */
    NDArray get(PackedWeight names) {
        List<String> first = names.names().stream().map(weights::first).toList();
        return packed.computeIfAbsent(new PackedWeight(first, names.transposed()), this::pack);
    }

    private NDArray pack(PackedWeight names) {
        List<NDArray> each = names.names().stream().map(weights::get).toList();
        NDArray copy = Packing.pack(manager, each, names.transposed());
        if (read.addAndGet(copy.size() * weights.dtype().bytes()) >= READ_AT_ONCE) {
            read.set(0);
            NativeTensors.releaseMapped();
        }
        return copy;
    }
}
