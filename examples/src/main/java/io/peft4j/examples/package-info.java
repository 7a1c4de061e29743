/** The command line and runnable samples. */
@NullMarked
package io.peft4j.examples;

import org.jspecify.annotations.NullMarked;
