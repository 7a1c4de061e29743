package io.peft4j.models.common;

/**
 * What Hugging Face calls the parts of an encoder that normalises after each sum.
 *
 * @param className its classes without what they are for, such as {@code Bert}
 * @param prefix the base model inside a model with a head
 * @param layers the list of layers inside the base model
 * @param attention the attention of a layer
 * @param feedForward the feed-forward part of a layer
 */
public record EncoderNames(
        String className, String prefix, String layers, Attention attention, FeedForward feedForward) {

    /**
     * The parts of an attention, by their paths in the layer.
     *
     * @param projections where query, key and value are
     * @param query inside the projections
     * @param key inside the projections
     * @param value inside the projections
     * @param sublayer what ends with the residual sum
     * @param output the last linear
     * @param norm after the sum
     */
    public record Attention(
            String projections, String query, String key, String value, String sublayer, String output, String norm) {}

    /**
     * The parts of a feed-forward, by their paths in the layer.
     *
     * @param inner the first linear
     * @param sublayer what ends with the residual sum
     * @param outer the second linear
     * @param norm after the sum
     */
    public record FeedForward(String inner, String sublayer, String outer, String norm) {}

    /** Returns the names of BERT, which RoBERTa took over. */
    public static EncoderNames likeBert(String className, String prefix) {
        return new EncoderNames(
                className,
                prefix,
                "encoder.layer",
                new Attention(
                        "attention.self",
                        "query",
                        "key",
                        "value",
                        "attention.output",
                        "attention.output.dense",
                        "attention.output.LayerNorm"),
                new FeedForward("intermediate.dense", "output", "output.dense", "output.LayerNorm"));
    }
}
