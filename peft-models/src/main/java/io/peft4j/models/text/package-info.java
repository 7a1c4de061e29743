/**
 * Text on its way in and out: tokenizers, and files of texts, tagged words and completions.
 *
 * <p>{@link io.peft4j.models.text.Tokenizer} turns text into ids as the model's own tokenizer does, {@link
 * io.peft4j.models.text.TextFile} reads data files.
 */
@NullMarked
package io.peft4j.models.text;

import org.jspecify.annotations.NullMarked;
