/** Mistral: Jiang et al. 2023, <a href="https://arxiv.org/abs/2310.06825">arXiv:2310.06825</a>. */
@NullMarked
package io.peft4j.models.mistral;

import org.jspecify.annotations.NullMarked;
