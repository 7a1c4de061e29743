package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Logits;
import io.peft4j.program.NativeTensors;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Computes one row of numbers per example: logits or sentence vectors. Safe for any number of threads. */
public final class Inference {

    private final BaseModel base;
    private final BatchSampler sampler;

    /** Makes an inference over a model with batches of some size. */
    public Inference(BaseModel base, BatchSampler sampler) {
        this.base = base;
        this.sampler = sampler;
    }

    /**
     * Returns a row of a named output for each example, in their order.
     *
     * @param output {@code logits} or {@code vector}
     * @throws IllegalArgumentException if the selection differs by row, since examples are computed in another order
     */
    public float[][] rows(Selection selection, List<Example> examples, String output) {
        if (!selection.isUniform()) {
            throw new IllegalArgumentException("one selection for all examples is needed: " + selection);
        }
        List<Integer> order = IntStream.range(0, examples.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> examples.get(i).length()))
                .toList();
        float[][] rows = new float[examples.size()][];
        int done = 0;
        for (Batch batch : sampler.split(order.stream().map(examples::get).toList())) {
            try (NDManager scratch = base.newManager()) {
                NDArray result = java.util.Objects.requireNonNull(
                        selection.forward(base, scratch, batch.inputs(scratch)).get(output),
                        () -> "the model has no output " + output);
                float[] values = NativeTensors.toFloats(result);
                int width = values.length / batch.rows();
                for (int row = 0; row < batch.rows(); row++) {
                    rows[order.get(done++)] = java.util.Arrays.copyOfRange(values, row * width, (row + 1) * width);
                }
            }
        }
        return rows;
    }

    /**
     * Returns the number of the largest logit for each example, in their order.
     *
     * @throws ArithmeticException if a logit is not finite
     */
    public int[] labels(Selection selection, List<Example> examples) {
        return java.util.Arrays.stream(rows(selection, examples, "logits"))
                .mapToInt(Logits::largest)
                .toArray();
    }
}
