/** (IA)³: linear layers whose features are rescaled by learned vectors, in Hugging Face PEFT's files. */
@NullMarked
package io.peft4j.ia3;

import org.jspecify.annotations.NullMarked;
