/** BERT: Devlin et al. 2019, <a href="https://arxiv.org/abs/1810.04805">arXiv:1810.04805</a>. */
@NullMarked
package io.peft4j.models.bert;

import org.jspecify.annotations.NullMarked;
