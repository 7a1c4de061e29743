/**
 * Adapters: the trainable deltas of a frozen base model, the methods that make them, and which of them a computation
 * uses.
 *
 * <p>A method is a {@link io.peft4j.adapter.PeftConfig} and a {@link io.peft4j.adapter.PeftMethod}, found through {@link
 * java.util.ServiceLoader}. An {@link io.peft4j.adapter.Adapter} holds its parameters as slices of one flat buffer.
 */
@NullMarked
package io.peft4j.adapter;

import org.jspecify.annotations.NullMarked;
