/** The task of the examples: from the definition of a word sense to the broad class of what it means. */
@NullMarked
package io.peft4j.examples.wordnet;

import org.jspecify.annotations.NullMarked;
