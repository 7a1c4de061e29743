/**
 * Files of weights: safetensors, checkpoints of one or several of them, and the JSON beside them.
 *
 * <p>What is read is checked in full before a tensor is touched, and a bad file is refused with all that is wrong with
 * it. What is written replaces the old file in one step, or leaves it as it was.
 */
@NullMarked
package io.peft4j.io;

import org.jspecify.annotations.NullMarked;
