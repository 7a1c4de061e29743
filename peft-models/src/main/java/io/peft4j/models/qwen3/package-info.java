/** Qwen3: Yang et al. 2025, <a href="https://arxiv.org/abs/2505.09388">arXiv:2505.09388</a>. */
@NullMarked
package io.peft4j.models.qwen3;

import org.jspecify.annotations.NullMarked;
