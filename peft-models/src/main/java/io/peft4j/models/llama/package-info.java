/** Llama, all generations: Touvron et al. 2023, <a href="https://arxiv.org/abs/2302.13971">arXiv:2302.13971</a>. */
@NullMarked
package io.peft4j.models.llama;

import org.jspecify.annotations.NullMarked;
