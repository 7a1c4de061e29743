/**
 * Soft prompts: prompt tuning (Lester et al. 2021, <a href="https://arxiv.org/abs/2104.08691">arXiv:2104.08691</a>).
 *
 * <pre>
 * layers get [e₁ … e_P, x₁ … x_T]        e: [P, D] learned, x: [T, D] embeddings of the text
 * </pre>
 *
 * <p>Files are those of Hugging Face PEFT.
 */
@NullMarked
package io.peft4j.prompt;

import org.jspecify.annotations.NullMarked;
