/** Qwen2 and Qwen2.5: Yang et al. 2024, <a href="https://arxiv.org/abs/2407.10671">arXiv:2407.10671</a>. */
@NullMarked
package io.peft4j.models.qwen2;

import org.jspecify.annotations.NullMarked;
