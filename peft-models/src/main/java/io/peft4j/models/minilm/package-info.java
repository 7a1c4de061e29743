/** The embedded model: all-MiniLM-L6-v2, a small sentence encoder that a Maven artifact brings along. */
@NullMarked
package io.peft4j.models.minilm;

import org.jspecify.annotations.NullMarked;
