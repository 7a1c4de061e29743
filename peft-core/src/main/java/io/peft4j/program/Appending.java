package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;

/** Keys and values that stay in one buffer while a text grows. */
final class Appending {

    private Appending() {}

    /**
     * Writes rows into a buffer and returns all rows up to them, a view.
     *
     * <p>The only operation that changes an operand: the buffer, in place, so that no step copies what earlier ones wrote.
     *
     * <ul>
     *   <li>buffer: [B, K, C, Hd], C ≥ end; x: [B, K, T, Hd]
     *   <li>result: [B, K, end, Hd], of which the last T rows are x
     * </ul>
     */
    static Op append(Dim end) {
        return Definition.of("append", end)
                .types(x -> {
                    TensorType buffer = x.get(0);
                    TensorType rows = x.get(1);
                    Op.check(
                            buffer.rank() == 4
                                    && buffer.dtype() == rows.dtype()
                                    && buffer.with(2, end).equals(rows.with(2, end)),
                            "appending [B, K, T, Hd] to [B, K, C, Hd]: %s",
                            x);
                    return buffer.with(2, end);
                })
                .script(s -> "__torch__.append(%s, %s)".formatted(s.operands(), s.size(end)))
                .interpret(f -> {
                    NDArray x = f.operand(1);
                    long last = f.size(end);
                    long first = last - x.getShape().get(2);
                    f.operand(0).set(new NDIndex(":, :, %d:%d".formatted(first, last)), x);
                    return f.operand(0).get(":, :, :" + last);
                })
                .sizes(java.util.List.of(end))
                .view();
    }
}
