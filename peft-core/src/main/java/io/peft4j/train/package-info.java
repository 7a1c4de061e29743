/**
 * Training: batches of similar lengths, losses, AdamW over one flat buffer, schedules, the loop, and evaluation.
 *
 * <p>Update rules and step counting are PyTorch's and Hugging Face's.
 */
@NullMarked
package io.peft4j.train;

import org.jspecify.annotations.NullMarked;
