package io.peft4j.bottleneck;

import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/** Means over the tokens of a text, as gates take them. */
final class Gates {

    private Gates() {}

    /** Returns the mean over all tokens, padding among them as in AdapterHub: [B, T, n] gives [B, 1, n]. */
    static Tensor mean(Tensor x) {
        List<Dim> shape = List.of(x.dim(0), Dim.of(1), x.dim(2));
        Tensor ones = x.zeros(List.of(Dim.of(1), x.dim(1), Dim.of(1))).shift(1);
        return x.sumTo(shape).divide(ones.sumTo(List.of(Dim.of(1), Dim.of(1), Dim.of(1))));
    }
}
