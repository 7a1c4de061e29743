package io.peft4j.models.common;

/**
 * The sizes that all decoders have.
 *
 * @param vocabulary V
 * @param width D
 * @param layers how many
 * @param heads H
 * @param keyHeads K, a divisor of H: how many heads of keys and values there are
 * @param headWidth Hd
 * @param positions how many tokens a text may have
 * @param positionLimit how many positions can be computed
 * @param initializerRange standard deviation of new weights
 * @param tied whether the output layer is the embedding
 * @param padding the id that fills the end of texts, −1 if there is none
 */
public record DecoderSizes(
        int vocabulary,
        int width,
        int layers,
        int heads,
        int keyHeads,
        int headWidth,
        int positions,
        int positionLimit,
        double initializerRange,
        boolean tied,
        int padding) {}
