package io.peft4j.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Decoding;
import io.peft4j.model.Network;
import io.peft4j.program.Dim;
import io.peft4j.program.NativeTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The keys and values of all layers while texts grow: buffers with room for more tokens than there are.
 *
 * <p>Programs write into them in place. When the room is used up they are copied into buffers of twice the size, so a token
 * costs the copying of two on average. Those of a source text do not grow.
 */
final class KeyValueBuffers {

    private static final long LEAST = 64;

    private final NDManager owner;
    private final List<Network.Input> inputs;
    private final Map<String, Long> sizes;
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private long capacity;

    /**
     * Notes which buffers a network takes.
     *
     * @param owner the manager that they are attached to
     * @param sizes the values of all named sizes but the capacity
     */
    KeyValueBuffers(NDManager owner, Network network, Map<String, Long> sizes) {
        this.owner = owner;
        this.inputs = network.inputs().stream().filter(Network.Input::kept).toList();
        this.sizes = new LinkedHashMap<>(sizes);
    }

    /** Returns the buffers by name, with room for so many tokens at least. */
    Map<String, NDArray> holding(long tokens) {
        if (tokens > capacity) {
            long larger = Math.max(Math.max(tokens + LEAST, 2 * capacity), LEAST);
            sizes.put(Decoding.CAPACITY, larger);
            for (Network.Input input : inputs) {
                if (axis(input) < 0 && arrays.containsKey(input.name())) {
                    continue;
                }
                long[] shape = input.type().shape().stream()
                        .mapToLong(dim -> dim.evaluate(sizes))
                        .toArray();
                NDArray buffer = NativeTensors.zeros(owner, input.type().dtype(), shape);
                NDArray old = arrays.put(input.name(), buffer);
                if (old != null) {
                    NativeTensors.copyStart(buffer, old, axis(input));
                    old.close();
                }
            }
            capacity = larger;
        }
        return arrays;
    }

    /** Returns the dimension that says how much room there is, or −1 if none does. */
    private static int axis(Network.Input input) {
        List<Dim> shape = input.type().shape();
        return IntStream.range(0, shape.size())
                .filter(axis -> shape.get(axis).isOf(Decoding.CAPACITY))
                .findFirst()
                .orElse(-1);
    }
}
