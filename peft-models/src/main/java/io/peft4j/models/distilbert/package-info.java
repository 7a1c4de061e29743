/** DistilBERT: Sanh et al. 2019, <a href="https://arxiv.org/abs/1910.01108">arXiv:1910.01108</a>. */
@NullMarked
package io.peft4j.models.distilbert;

import org.jspecify.annotations.NullMarked;
