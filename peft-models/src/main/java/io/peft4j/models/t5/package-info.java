/** T5 (Raffel et al. 2020) in both versions: an encoder, a decoder that reads it, and relative positions. */
@NullMarked
package io.peft4j.models.t5;

import org.jspecify.annotations.NullMarked;
