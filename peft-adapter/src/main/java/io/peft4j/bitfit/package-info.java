/** BitFit: trained biases. */
@NullMarked
package io.peft4j.bitfit;

import org.jspecify.annotations.NullMarked;
