/**
 * Base models: frozen weights, the function that computes with them, and the places where methods attach.
 *
 * <p>An {@link io.peft4j.model.Architecture} writes its forward pass once against a {@link
 * io.peft4j.model.NetworkRecorder}. Recording it with an {@link io.peft4j.model.Adaptation} yields a {@link
 * io.peft4j.model.Network}: a list of program calls over weights, adapter parameters and activations. The same function
 * thereby declares which weights there are, where methods can attach, and what is computed.
 */
@NullMarked
package io.peft4j.model;

import org.jspecify.annotations.NullMarked;
