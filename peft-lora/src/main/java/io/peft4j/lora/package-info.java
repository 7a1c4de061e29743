/**
 * Low-rank adaptation: Hu et al. 2021, <a href="https://arxiv.org/abs/2106.09685">arXiv:2106.09685</a>.
 *
 * <pre>
 * y = W·x + b + s·B·A·x        W: [out, in] frozen, A: [r, in], B: [out, r]
 * s = alpha/r, or alpha/√r when rank-stabilised
 * </pre>
 *
 * <p>A starts at random and B at zero, so a fresh adapter changes nothing. Files are those of Hugging Face PEFT.
 */
@NullMarked
package io.peft4j.lora;

import org.jspecify.annotations.NullMarked;
