package io.peft4j.prompt;

import io.peft4j.model.Initializer;
import io.peft4j.model.Site;
import io.peft4j.program.Activation;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * W₂·relu(W₁·y) over an LSTM y that reads the vectors in both directions: D → 2h → 2h → D.
 *
 * <pre>
 * i, f, o = σ(W·z + U·y + b)    g = tanh(…)    c ← f·c + i·g    y = o·tanh(c)      for each row and direction
 * </pre>
 *
 * <p>Hochreiter and Schmidhuber 1997, with PyTorch's order of gates i, f, g, o and its two biases.
 *
 * @param hidden h, D if absent
 * @param layers of the LSTM, one above the other
 * @param dropout between the layers while training, in [0, 1)
 */
public record LstmEncoder(OptionalInt hidden, int layers, double dropout) implements PromptEncoder {

    private static final String LSTM = "prompt_encoder.lstm_head.";

    public LstmEncoder {
        PromptEncoder.checkHidden(hidden);
        if (layers < 1) {
            throw new IllegalArgumentException("an LSTM has at least one layer: " + layers);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout must be in [0, 1): " + dropout);
        }
    }

    @Override
    public Tensor rows(Site site, int length, long width) {
        long h = hidden.orElse(Math.toIntExact(width));
        Tensor y = PromptEncoder.vectors(site, length, width);
        for (int layer = 0; layer < layers; layer++) {
            Tensor z = layer > 0 && site.isTraining() && dropout > 0 ? y.dropout(dropout, site.seed()) : y;
            y = direction(site, z, "l" + layer, h, false)
                    .concat(1, direction(site, z, "l" + layer + "_reverse", h, true));
        }
        Tensor inner = Dense.apply(site, "prompt_encoder.mlp_head.0", y, 2 * h).activation(Activation.RELU);
        return Dense.apply(site, "prompt_encoder.mlp_head.2", inner, width);
    }

    /** Returns y [P, h] of z [P, in], read from the first row on or from the last. */
    private static Tensor direction(Site site, Tensor z, String name, long h, boolean backwards) {
        Initializer init = Initializer.uniform(1 / Math.sqrt((double) h));
        int length = Math.toIntExact(z.dim(0).constant());
        Tensor inputs = z.linear(
                site.shared(
                        LSTM + "weight_ih_" + name, init, true, 4 * h, z.dim(1).constant()),
                site.shared(LSTM + "bias_ih_" + name, init, true, 4 * h)); // [P, 4h]
        Tensor u = site.shared(LSTM + "weight_hh_" + name, init, true, 4 * h, h);
        Tensor b = site.shared(LSTM + "bias_hh_" + name, init, true, 4 * h);
        Tensor y = z.zeros(List.of(Dim.of(1), Dim.of(h)));
        Tensor c = y;
        Tensor[] outputs = new Tensor[length];
        for (int step = 0; step < length; step++) {
            int t = backwards ? length - 1 - step : step;
            Tensor gates = inputs.slice(0, Dim.of(t), Dim.of(t + 1L)).add(y.linear(u, b));
            Tensor i = gate(gates, 0, h).activation(Activation.SIGMOID);
            Tensor f = gate(gates, 1, h).activation(Activation.SIGMOID);
            Tensor g = gate(gates, 2, h).activation(Activation.TANH);
            Tensor o = gate(gates, 3, h).activation(Activation.SIGMOID);
            c = f.multiply(c).add(i.multiply(g));
            y = o.multiply(c.activation(Activation.TANH));
            outputs[t] = y;
        }
        List<Tensor> rest = new ArrayList<>(Arrays.asList(outputs).subList(1, length));
        return rest.isEmpty() ? outputs[0] : outputs[0].concat(0, rest.toArray(Tensor[]::new));
    }

    private static Tensor gate(Tensor gates, int number, long h) {
        return gates.slice(1, Dim.of(number * h), Dim.of((number + 1) * h));
    }
}
