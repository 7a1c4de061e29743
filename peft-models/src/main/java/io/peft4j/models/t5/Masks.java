package io.peft4j.models.t5;

import io.peft4j.models.common.Heads;
import io.peft4j.program.Tensor;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is added to the scores of an attention, distances included.
 *
 * @param text for a text alone [B or 1, H, T, S]
 * @param learned for keys P before it that distances know of [B or 1, H, T, P + S], or null for none
 */
record Masks(Tensor text, @Nullable Tensor learned) {

    /** Makes the masks of a text, and of so many learned keys before it if there are some. */
    static Masks of(int learned, IntFunction<Tensor> make) {
        return new Masks(make.apply(0), learned == 0 ? null : make.apply(learned));
    }

    /** Returns the inputs of a stage, these last. */
    Tensor[] behind(Tensor... inputs) {
        return Stream.concat(Stream.of(inputs), learned == null ? Stream.of(text) : Stream.of(text, learned))
                .toArray(Tensor[]::new);
    }

    /** Returns the masks among the inputs of a stage, behind so many others. */
    static Masks after(int others, List<Tensor> inputs) {
        return new Masks(inputs.get(others), inputs.size() > others + 1 ? inputs.get(others + 1) : null);
    }

    /** Returns the mask of a layer with learned keys, or without. */
    Tensor shown(@Nullable List<Tensor> prefix) {
        return prefix == null || learned == null ? Heads.shown(prefix, text) : learned;
    }
}
