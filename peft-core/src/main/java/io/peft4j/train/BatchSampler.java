package io.peft4j.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * Divides examples into batches of similar lengths, so that little is padded.
 *
 * <p>Each epoch shuffles the examples, sorts windows of some batches by length, and shuffles the batches.
 *
 * @param batchSize rows of a batch; the last may have fewer
 * @param padId what fills the end of shorter rows
 */
public record BatchSampler(int batchSize, int padId) {

    /** How many batches are sorted together: more pads less, fewer mix better. */
    private static final int WINDOW = 50;

    public BatchSampler {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch size must be positive: " + batchSize);
        }
    }

    /** Returns the batches of an epoch of training in a random order. */
    public List<Batch> shuffled(List<Example> examples, Random random) {
        List<Example> order = new ArrayList<>(examples);
        Collections.shuffle(order, random);
        List<Batch> batches = new ArrayList<>();
        int window = (int) Math.min((long) batchSize * WINDOW, Math.max(order.size(), 1));
        for (int start = 0; start < order.size(); start += window) {
            List<Example> part = order.subList(start, Math.min(start + window, order.size()));
            part.sort(Comparator.comparingInt(Example::length));
            batches.addAll(split(part));
        }
        Collections.shuffle(batches, random);
        return batches;
    }

    /** Returns a batch of the longest examples, wider than which none will be. */
    Batch widest(List<Example> examples) {
        return new Batch(
                examples.stream()
                        .sorted(Comparator.comparingInt(Example::length).reversed())
                        .limit(batchSize)
                        .toList(),
                padId);
    }

    /** Returns how many batches an epoch has. */
    public int batches(int examples) {
        long window = (long) batchSize * WINDOW;
        long rest = examples % window;
        return (int) (examples / window * WINDOW + (rest + batchSize - 1) / batchSize);
    }

    List<Batch> split(List<Example> examples) {
        List<Batch> batches = new ArrayList<>();
        for (int start = 0; start < examples.size(); start += batchSize) {
            batches.add(new Batch(examples.subList(start, Math.min(start + batchSize, examples.size())), padId));
        }
        return batches;
    }
}
