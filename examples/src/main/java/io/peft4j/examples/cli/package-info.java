/** The verbs of the command line; results go to stdout, everything else to stderr. */
@NullMarked
package io.peft4j.examples.cli;

import org.jspecify.annotations.NullMarked;
