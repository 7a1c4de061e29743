package io.peft4j.bottleneck;

import io.peft4j.program.Activation;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/** Learned numbers per text: the mean over its tokens of σ(w·x + b). */
public final class Gates {

    private Gates() {}

    /**
     * Returns gates; padding counts as in AdapterHub.
     *
     * @param x [B, T, D]
     * @param weight [n, D]
     * @param bias [n]
     * @return [B, 1, n]
     */
    public static Tensor of(Tensor x, Tensor weight, Tensor bias) {
        return mean(x.linear(weight, bias).activation(Activation.SIGMOID));
    }

    private static Tensor mean(Tensor x) {
        List<Dim> shape = List.of(x.dim(0), Dim.of(1), x.dim(2));
        Tensor ones = x.zeros(List.of(Dim.of(1), x.dim(1), Dim.of(1))).shift(1);
        return x.sumTo(shape).divide(ones.sumTo(List.of(Dim.of(1), Dim.of(1), Dim.of(1))));
    }
}
