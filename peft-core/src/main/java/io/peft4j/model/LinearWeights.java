package io.peft4j.model;

import io.peft4j.program.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a linear layer while adapters are merged into them, in FLOAT32.
 *
 * @param weight W [out, in]
 * @param bias b [out], or null
 */
public record LinearWeights(Tensor weight, @Nullable Tensor bias) {}
