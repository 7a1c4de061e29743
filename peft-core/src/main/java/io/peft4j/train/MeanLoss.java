package io.peft4j.train;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ForwardPass;
import io.peft4j.model.RecordingOptions;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * The loss of a model over examples, per label that counts.
 *
 * @param tokens how many labels counted
 * @param nats their mean loss
 */
public record MeanLoss(long tokens, double nats) {

    /** Returns e to the mean loss: how many equally likely tokens the model is unsure between. */
    public double perplexity() {
        return Math.exp(nats);
    }

    /**
     * Computes the mean loss of a model with adapters.
     *
     * @throws IllegalArgumentException if no label counts, or a text is longer than the model has positions
     */
    public static MeanLoss of(BaseModel base, Selection selection, BatchSampler sampler, List<Example> examples) {
        int first = Losses.firstPredicted(base.task(), selection.adaptation().virtualTokens());
        long counted =
                examples.stream().mapToLong(example -> example.counted(first)).sum();
        if (counted == 0) {
            throw new IllegalArgumentException(
                    "no label of the %d examples counts, so there is no loss".formatted(examples.size()));
        }
        RecordingOptions options = RecordingOptions.inference(selection.adaptation(), base.dtype(), true);
        ForwardPass pass = new ForwardPass(base.record(options, Losses::record), base.kernels());
        List<Example> sorted = examples.stream()
                .sorted(Comparator.comparingInt(Example::length))
                .toList();
        List<Batch> batches = sampler.split(sorted);
        batches.forEach(batch -> base.architecture()
                .checkBatch(base.task(), batch.rows(), selection.positions() + (long) batch.length()));
        double sum = 0;
        for (Batch batch : batches) {
            try (NDManager scratch = base.newManager()) {
                sum += Objects.requireNonNull(pass.run(
                                        scratch,
                                        base.source(selection::parameter),
                                        batch.trainingInputs(scratch, base.task(), 1))
                                .get(Losses.LOSS))
                        .getFloat();
            }
        }
        return new MeanLoss(counted, sum / counted);
    }
}
