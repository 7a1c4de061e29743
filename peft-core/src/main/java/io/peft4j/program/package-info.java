/**
 * Tensor programs: mathematics written once in Java, recorded, differentiated, and run in one native call.
 *
 * <p>A layer is a Java function over {@link io.peft4j.program.Tensor}s. Called with the symbolic inputs of a {@link
 * io.peft4j.program.Recording}, it leaves a {@link io.peft4j.program.Program}: a short list of operations. {@link
 * io.peft4j.program.Differentiation} derives the program's backward in the same vocabulary; {@link
 * io.peft4j.program.CompiledProgram} runs a program as TorchScript, {@link io.peft4j.program.CompiledChain} many in one call, {@link
 * io.peft4j.program.Packing} with weights as the native routine reads them, and {@link
 * io.peft4j.program.Interpreter} operation by operation, as the reference that tests compare with.
 *
 * <p>Letters in shapes: B batch, T tokens, S keys, D model width, H heads, Hd head width, F feed-forward width, V
 * vocabulary, r rank, P virtual tokens.
 */
@NullMarked
package io.peft4j.program;

import org.jspecify.annotations.NullMarked;
