/** Comparison with what another implementation computed: the same model, adapter and inputs must give the same numbers. */
@NullMarked
package io.peft4j.parity;

import org.jspecify.annotations.NullMarked;
