/** Parts that architectures share; they know nothing of methods. */
@NullMarked
package io.peft4j.models.common;

import org.jspecify.annotations.NullMarked;
