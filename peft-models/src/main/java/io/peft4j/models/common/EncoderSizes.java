package io.peft4j.models.common;

import io.peft4j.program.Activation;

/**
 * The sizes of an encoder that normalises after each sum.
 *
 * @param vocabulary V
 * @param width D
 * @param layers how many
 * @param heads H, a divisor of D
 * @param feedForward F
 * @param activation between the two feed-forward linears
 * @param positions rows of the table of positions
 * @param epsilon of the layer norms
 * @param initializerRange standard deviation of new weights
 */
public record EncoderSizes(
        int vocabulary,
        int width,
        int layers,
        int heads,
        int feedForward,
        Activation activation,
        int positions,
        double epsilon,
        double initializerRange) {}
