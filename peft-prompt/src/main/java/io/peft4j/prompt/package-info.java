/** Soft prompts and prefixes: learned embeddings before the text, learned keys and values in every layer. */
@NullMarked
package io.peft4j.prompt;

import org.jspecify.annotations.NullMarked;
