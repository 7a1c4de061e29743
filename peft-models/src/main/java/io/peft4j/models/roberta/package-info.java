/**
 * RoBERTa: Liu et al. 2019, <a href="https://arxiv.org/abs/1907.11692">arXiv:1907.11692</a>; XLM-R: Conneau et al. 2020, <a
 * href="https://arxiv.org/abs/1911.02116">arXiv:1911.02116</a>.
 */
@NullMarked
package io.peft4j.models.roberta;

import org.jspecify.annotations.NullMarked;
