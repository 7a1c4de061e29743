/** Text after text: the next token again and again, with the keys and values of earlier tokens kept. */
@NullMarked
package io.peft4j.generate;

import org.jspecify.annotations.NullMarked;
