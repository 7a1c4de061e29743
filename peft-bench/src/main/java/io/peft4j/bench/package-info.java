/** Measurements: one training step beside other implementations, and JMH benchmarks of the parts. */
@NullMarked
package io.peft4j.bench;

import org.jspecify.annotations.NullMarked;
